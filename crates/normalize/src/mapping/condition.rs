//! Conditions of mappings: fields that must have certain values.

use quell_model::{FieldId, FieldTable, Fields, Scalar, wildcard_match};

use super::document::When;

/// Conditions that must all hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    field: FieldId,
    wanted: Wanted,
}

#[derive(Debug, Clone)]
enum Wanted {
    Present,
    Absent,
    /// Lower-case values or wildcard patterns.
    AnyOf(Vec<String>),
    /// There, but none of these.
    NoneOf(Vec<String>),
}

impl Condition {
    pub(super) fn compile(when: &When, table: &mut FieldTable) -> Condition {
        let parts = when.iter().map(|(field, values)| {
            let texts = values.texts();
            let wanted = match texts.as_slice() {
                [only] if only == "*" => Wanted::Present,
                [only] if only == "!" => Wanted::Absent,
                texts if texts.iter().all(|text| text.starts_with('!')) => {
                    Wanted::NoneOf(texts.iter().map(|text| text[1..].to_lowercase()).collect())
                }
                _ => Wanted::AnyOf(texts.iter().map(|text| text.to_lowercase()).collect()),
            };
            Part { field: table.register(field), wanted }
        });
        Condition { parts: parts.collect() }
    }

    pub(crate) fn holds(&self, fields: &Fields) -> bool {
        self.parts.iter().all(|part| part.holds(fields))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Splits into the part that only reads `key` and the rest.
    pub(super) fn split(self, key: &[FieldId]) -> (Condition, Condition) {
        let (known, rest) = self.parts.into_iter().partition(|part| key.contains(&part.field));
        (Condition { parts: known }, Condition { parts: rest })
    }
}

impl Part {
    fn holds(&self, fields: &Fields) -> bool {
        match &self.wanted {
            Wanted::Present => {
                fields.text(self.field).is_some() || fields.all(self.field).any(|value| value == Scalar::Nested)
            }
            Wanted::Absent => fields.text(self.field).is_none(),
            Wanted::AnyOf(values) => self.has_one_of(values, fields),
            Wanted::NoneOf(values) => fields.text(self.field).is_some() && !self.has_one_of(values, fields),
        }
    }

    fn has_one_of(&self, values: &[String], fields: &Fields) -> bool {
        let texts = fields.all(self.field).filter_map(Scalar::to_text);
        texts.map(|text| text.to_lowercase()).any(|text| values.iter().any(|wanted| wildcard_match(wanted, &text)))
    }
}
