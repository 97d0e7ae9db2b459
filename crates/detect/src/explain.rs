//! Why a rule matched: the fields and values that made it true.

use std::collections::BTreeMap;

use quell_model::{FieldTable, Fields, Scalar};

use crate::sigma::RuleSet;
use crate::{Expr, Predicate, RuleIndex, Test, keyword};

/// Longest value shown in an explanation, in characters; the record itself keeps the rest.
const VALUE_CHARS_MAX: usize = 512;

/// The fields of the record that made the rule match. A keyword match is reported under `keywords`.
#[must_use]
pub fn explain(
    rules: &RuleSet,
    rule: RuleIndex,
    table: &FieldTable,
    (fields, raw): (&Fields, &[u8]),
) -> BTreeMap<String, String> {
    let mut matched = BTreeMap::new();
    let mut explainer = Explainer { rules, table, fields, raw, matched: &mut matched };
    explainer.visit(&rules.rules[rule.index()].condition);
    matched
}

struct Explainer<'a> {
    rules: &'a RuleSet,
    table: &'a FieldTable,
    fields: &'a Fields,
    raw: &'a [u8],
    matched: &'a mut BTreeMap<String, String>,
}

impl Explainer<'_> {
    /// Records the positive leaves under `expr`, which is true.
    fn visit(&mut self, expr: &Expr) {
        match expr {
            Expr::And(parts) => parts.iter().for_each(|part| self.visit(part)),
            Expr::Or(parts) => {
                for part in parts {
                    if part.evaluate(&mut |id| self.rules.predicates.get(id).matches(self.fields, self.raw)) {
                        self.visit(part);
                    }
                }
            }
            Expr::Not(_) => {}
            Expr::Leaf(id) => self.record(self.rules.predicates.get(*id)),
        }
    }

    fn record(&mut self, predicate: &Predicate) {
        let Some(field) = predicate.field else {
            self.matched.insert("keywords".to_owned(), keywords(&predicate.test, self.raw));
            return;
        };
        let value = self.fields.all(field).find(|value| shows(&predicate.test, *value));
        if let Some(text) = value.and_then(Scalar::to_text) {
            let text = text.chars().take(VALUE_CHARS_MAX).collect();
            self.matched.insert(self.table.name(field).to_owned(), text);
        }
    }
}

fn shows(test: &Test, value: Scalar<'_>) -> bool {
    matches!(test, Test::Exists(true) | Test::FieldRef(..)) || test.matches_value(value)
}

fn keywords(test: &Test, raw: &[u8]) -> String {
    let Test::Text(patterns) = test else { return String::new() };
    let text = keyword::text_of(raw);
    let found = patterns.iter().filter(|pattern| keyword::matches(std::slice::from_ref(pattern), &text));
    found.filter_map(|pattern| pattern.longest_literal()).collect::<Vec<_>>().join(", ")
}
