//! A record's own fields as a flat list of leaves with interned paths.
//!
//! A nested record is flattened: `{"userIdentity": {"type": "Root"}}` is the leaf `userIdentity.type`. Elements of an
//! array share the path of the array, so one field can have several values. Only paths that somebody registered are
//! kept; the untouched record stays beside the event for everything else. The table never grows while records are
//! read, so hostile records cannot make it grow.

use std::collections::HashMap;

/// An interned field path. Ids are dense and start at zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(u32);

impl FieldId {
    /// Position in dense per-field tables.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The field paths that rules and mappings read.
#[derive(Debug, Default, Clone)]
pub struct FieldTable {
    ids: HashMap<Box<str>, FieldId, foldhash::fast::FixedState>,
    names: Vec<Box<str>>,
}

impl FieldTable {
    /// The id of `path`, registered if it is new. Spaces are removed, as the Sigma specification demands
    /// ("Threat Name" is the field `ThreatName`).
    pub fn register(&mut self, path: &str) -> FieldId {
        let path: Box<str> = path.chars().filter(|c| *c != ' ').collect();
        if let Some(&id) = self.ids.get(&path) {
            return id;
        }
        let id = FieldId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(path.clone());
        self.ids.insert(path, id);
        id
    }

    /// The id of `path` if somebody registered it.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<FieldId> {
        self.ids.get(path).copied()
    }

    /// The path behind an id of this table.
    #[must_use]
    pub fn name(&self, id: FieldId) -> &str {
        self.names.get(id.index()).map_or("", AsRef::as_ref)
    }

    /// Number of registered paths; ids are below it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether nothing is registered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// All paths with their ids, in order of registration.
    pub fn iter(&self) -> impl Iterator<Item = (FieldId, &str)> {
        (0u32..).map(FieldId).zip(self.names.iter().map(AsRef::as_ref))
    }
}

/// One value of a record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar<'a> {
    /// The record says null.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number that is no integer.
    Float(f64),
    /// Text.
    Str(&'a str),
    /// An object or array whose parts, if wanted, are leaves of their own.
    Nested,
}

impl<'a> Scalar<'a> {
    /// The text, if the value is text.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        match self {
            Scalar::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The value as text; null and nested values have none.
    #[must_use]
    pub fn to_text(self) -> Option<std::borrow::Cow<'a, str>> {
        match self {
            Scalar::Str(text) => Some(text.into()),
            Scalar::Int(number) => Some(number.to_string().into()),
            Scalar::Float(number) => Some(number.to_string().into()),
            Scalar::Bool(flag) => Some(if flag { "true" } else { "false" }.into()),
            Scalar::Null | Scalar::Nested => None,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Stored {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str { start: u32, len: u32 },
    Nested,
}

/// The leaves of one record. Reused from record to record: [`Fields::clear`] keeps the memory.
#[derive(Debug, Default, Clone)]
pub struct Fields {
    text: String,
    leaves: Vec<(FieldId, Stored)>,
}

impl Fields {
    /// Forgets the leaves and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.leaves.clear();
    }

    /// Adds one value of `field`.
    pub fn push(&mut self, field: FieldId, value: Scalar<'_>) {
        let stored = match value {
            Scalar::Null => Stored::Null,
            Scalar::Bool(flag) => Stored::Bool(flag),
            Scalar::Int(number) => Stored::Int(number),
            Scalar::Float(number) => Stored::Float(number),
            Scalar::Nested => Stored::Nested,
            Scalar::Str(text) => {
                let start = self.text.len();
                self.text.push_str(text);
                // Records are capped far below 4 GiB before they get here, so the casts cannot truncate.
                Stored::Str { start: start as u32, len: text.len() as u32 }
            }
        };
        self.leaves.push((field, stored));
    }

    /// Makes `to` another name of the values of `from`, unless the record has a `to` of its own.
    pub fn alias(&mut self, from: FieldId, to: FieldId) {
        if self.contains(to) {
            return;
        }
        for at in 0..self.leaves.len() {
            let (field, stored) = self.leaves[at];
            if field == from {
                self.leaves.push((to, stored));
            }
        }
    }

    /// Whether the record has `field` at all, null included.
    #[must_use]
    pub fn contains(&self, field: FieldId) -> bool {
        self.leaves.iter().any(|(id, _)| *id == field)
    }

    /// The first value of `field`.
    #[must_use]
    pub fn first(&self, field: FieldId) -> Option<Scalar<'_>> {
        self.all(field).next()
    }

    /// The first value of `field` as text; "" and "-" count as absent, as log shippers write them for "nothing".
    #[must_use]
    pub fn text(&self, field: FieldId) -> Option<std::borrow::Cow<'_, str>> {
        self.all(field).find_map(|value| value.to_text().filter(|text| !text.is_empty() && text != "-"))
    }

    /// All values of `field`, in record order.
    pub fn all(&self, field: FieldId) -> impl Iterator<Item = Scalar<'_>> {
        self.leaves.iter().filter(move |(id, _)| *id == field).map(|(_, stored)| self.load(*stored))
    }

    /// All leaves, in record order.
    pub fn iter(&self) -> impl Iterator<Item = (FieldId, Scalar<'_>)> {
        self.leaves.iter().map(|(id, stored)| (*id, self.load(*stored)))
    }

    /// Number of leaves.
    #[must_use]
    pub fn len(&self) -> usize {
        self.leaves.len()
    }

    /// Whether the record had no wanted field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    fn load(&self, stored: Stored) -> Scalar<'_> {
        match stored {
            Stored::Null => Scalar::Null,
            Stored::Bool(flag) => Scalar::Bool(flag),
            Stored::Int(number) => Scalar::Int(number),
            Stored::Float(number) => Scalar::Float(number),
            Stored::Nested => Scalar::Nested,
            Stored::Str { start, len } => Scalar::Str(&self.text[start as usize..(start + len) as usize]),
        }
    }
}
