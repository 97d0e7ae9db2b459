//! A mapping file as written. Unknown keys are refused, so that a typing error cannot silence a mapping.

use std::collections::BTreeMap;

use quell_model::{Attr, EntityKind};
use serde::Deserialize;

/// Field conditions that must all hold; a list of values means any of them.
pub(super) type When = BTreeMap<String, OneOrMany>;

/// A mapping file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    /// Name of the source, shown with every alert.
    pub(super) source: String,
    /// Sigma product.
    pub(super) product: String,
    /// One of these must hold for a JSON record to belong to this source.
    #[serde(default)]
    pub(super) recognise: Vec<When>,
    /// Parts of a path that stand around the source's own fields (`Event.EventData`).
    #[serde(default)]
    pub(super) prefixes: Vec<String>,
    /// Paths with another name in this shape: path to field.
    #[serde(default)]
    pub(super) rename: BTreeMap<String, String>,
    /// Fields with the source's own number of the record, best first; the line or element number stands in for it.
    #[serde(default)]
    pub(super) record: Vec<String>,
    /// Fields with the time, best first.
    pub(super) time: Vec<String>,
    /// Template of the host name.
    #[serde(default)]
    pub(super) host: Option<String>,
    /// Syslog-like messages to take apart: the fields with the program and the message.
    #[serde(default)]
    pub(super) message: Option<MessageFields>,
    /// CSV tables of this source.
    #[serde(default)]
    pub(super) csv: Option<Csv>,
    /// Fields that decide which rows apply; the other conditions of a row are tested event by event.
    pub(super) key: Vec<String>,
    /// Template of the action's name where no event row names one.
    #[serde(default)]
    pub(super) action: Option<String>,
    /// Names of fields that stand in for others where the record has no field of that name.
    #[serde(default)]
    pub(super) alias: BTreeMap<String, String>,
    /// Sigma log sources by condition; all that hold are added up.
    #[serde(default)]
    pub(super) log_sources: Vec<LogSourceRow>,
    /// Entities by name.
    #[serde(default)]
    pub(super) entities: BTreeMap<String, EntityDocument>,
    /// Edges of every event.
    #[serde(default)]
    pub(super) edges: Vec<EdgeDocument>,
    /// Entities an alert is about, best first, where the event row names none.
    #[serde(default)]
    pub(super) subjects: Vec<String>,
    /// Kinds of events; the first whose condition holds is used.
    #[serde(default)]
    pub(super) events: Vec<EventRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageFields {
    pub(super) program: String,
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Csv {
    pub(super) delimiter: char,
    pub(super) columns: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogSourceRow {
    #[serde(default)]
    pub(super) when: When,
    #[serde(default)]
    pub(super) category: Vec<String>,
    #[serde(default)]
    pub(super) service: Vec<String>,
    /// Product, where it differs from that of the file.
    #[serde(default)]
    pub(super) product: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventRow {
    #[serde(default)]
    pub(super) when: When,
    /// OCSF class and activity: `1007.1`.
    #[serde(default)]
    pub(super) class: Option<String>,
    #[serde(default)]
    pub(super) action: Option<String>,
    #[serde(default)]
    pub(super) alias: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) edges: Vec<EdgeDocument>,
    #[serde(default)]
    pub(super) subjects: Vec<String>,
}

/// `"from verb to"`, or the same with a condition.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum EdgeDocument {
    Plain(String),
    Conditional { edge: String, when: When },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntityDocument {
    /// Other entities to try in this order; the first that the record has is meant.
    #[serde(default)]
    pub(super) first: Vec<String>,
    #[serde(default)]
    pub(super) kind: Option<EntityKind>,
    /// Templates of identities, strongest first.
    #[serde(default)]
    pub(super) key: Vec<String>,
    /// Template of the name.
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) attrs: BTreeMap<Attr, String>,
    /// The entity exists only where this holds.
    #[serde(default)]
    pub(super) when: When,
}

/// A value or a list of values. `*` is any text; a lone `*` is any value at all; `!` alone is absence.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    Number(i64),
    Text(String),
    Numbers(Vec<i64>),
    Texts(Vec<String>),
}

impl OneOrMany {
    pub(super) fn texts(&self) -> Vec<String> {
        match self {
            OneOrMany::Number(number) => vec![number.to_string()],
            OneOrMany::Text(text) => vec![text.clone()],
            OneOrMany::Numbers(numbers) => numbers.iter().map(i64::to_string).collect(),
            OneOrMany::Texts(texts) => texts.clone(),
        }
    }
}

impl Document {
    pub(crate) fn read(text: &str) -> Result<Document, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn prefixes(&self) -> &[String] {
        &self.prefixes
    }

    pub(crate) fn renames(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.rename.iter().map(|(from, to)| (from.clone(), to.clone()))
    }
}
