//! The script language as it stands in YAML. Nothing is checked here beyond its shape.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

/// `scenario.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    pub(super) title: String,
    pub(super) description: String,
    /// Names of files in `templates/`.
    pub(super) templates: Vec<String>,
    /// Names of files beside this one that hold more macros and background.
    #[serde(default)]
    pub(super) include: Vec<String>,
    #[serde(default)]
    pub(super) cast: Map<String, Value>,
    pub(super) steps: Vec<RawStep>,
    /// How long before the first and after the last step the background goes on.
    pub(super) around: Around,
    pub(super) truth: Map<String, Value>,
}

/// A file of templates, macros and background.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Library {
    pub(super) outputs: BTreeMap<String, Output>,
    pub(super) cast: Map<String, Value>,
    pub(super) records: BTreeMap<String, RawTemplate>,
    pub(super) macros: BTreeMap<String, RawMacro>,
    pub(super) background: Vec<RawBackground>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Around {
    pub(super) before: String,
    pub(super) after: String,
}

/// Where and how records of a template are written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, tag = "format", rename_all = "snake_case")]
pub(super) enum Output {
    /// Files that are one JSON object with an array. `#` in the path is the number of the file.
    Records { path: String, key: String, limit: usize },
    /// One JSON object a line.
    JsonLines { path: String, number: Option<Number> },
    /// Zeek's tab-separated format; `columns` are names and types.
    Zeek { path: String, log: String, columns: Map<String, Value> },
    /// Values with blanks between them, under a line with the names of the columns.
    Columns { path: String, columns: Vec<String> },
}

/// Numbers of records, counted up within the records that have the same value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Number {
    pub(super) field: String,
    pub(super) per: String,
}

/// The skeleton of one log line.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawTemplate {
    pub(super) extends: Option<String>,
    pub(super) output: Option<String>,
    pub(super) needs: Vec<String>,
    pub(super) params: Map<String, Value>,
    pub(super) record: Map<String, Value>,
}

/// Steps that belong together, with parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawMacro {
    pub(super) needs: Vec<String>,
    pub(super) params: Map<String, Value>,
    #[serde(rename = "let")]
    pub(super) lets: Map<String, Value>,
    pub(super) steps: Vec<RawStep>,
}

/// Benign work that happens again and again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBackground {
    pub(super) name: Spanned<String>,
    pub(super) weight: u32,
    #[serde(rename = "let", default)]
    pub(super) lets: Map<String, Value>,
    pub(super) steps: Vec<RawStep>,
}

/// Something that happens.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawStep {
    /// Time from the start of the steps, `+MM:SS`.
    pub(super) at: Option<String>,
    /// Time from the step before, `20s` or `1s..90s`.
    pub(super) after: Option<String>,
    /// Once for each element of a list; the element is `item`.
    pub(super) each: Option<String>,
    /// How often, `4` or `3..8`.
    pub(super) repeat: Option<Value>,
    /// Time between repetitions.
    pub(super) every: Option<String>,
    /// Template of the record to write.
    pub(super) record: Option<Spanned<String>>,
    /// Macro to run.
    pub(super) run: Option<Spanned<String>>,
    pub(super) with: Map<String, Value>,
    /// Name under which later steps find what this one used.
    #[serde(rename = "as")]
    pub(super) name: Option<String>,
    /// This step as one of the story: `source | action | target`.
    pub(super) chain: Option<Spanned<String>>,
    /// Name of the step of the story this one is more evidence of.
    pub(super) proves: Option<String>,
    /// Not the attacker's doing, though the story needs it.
    pub(super) benign: bool,
}
