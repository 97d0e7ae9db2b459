//! A Sigma document as written, and its compilation into a [`Rule`].

use quell_model::{Level, RuleRef};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::condition::parse;
use super::modifier::Compiler;
use super::{Expr, Filter, Rule};

/// Largest rule file that is read.
const FILE_BYTES_MAX: usize = 4 << 20;

/// The log source a rule names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct LogSourceSpec {
    /// For example `windows`.
    pub product: Option<String>,
    /// For example `process_creation`.
    pub category: Option<String>,
    /// For example `sysmon`.
    pub service: Option<String>,
}

/// A rule document. Fields that do not change what is detected are read leniently.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    title: Option<String>,
    id: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    level: Option<Level>,
    #[serde(default)]
    tags: Option<Vec<String>>,
    #[serde(default)]
    falsepositives: Option<Value>,
    #[serde(default)]
    response: Option<String>,
    logsource: Option<LogSourceSpec>,
    detection: Option<Map<String, Value>>,
    #[serde(default)]
    correlation: Option<Value>,
    #[serde(default)]
    filter: Option<Map<String, Value>>,
}

/// What a document is.
pub(super) enum Compiled {
    Rule(Rule),
    Filter(Filter),
}

/// The documents of one file.
pub(super) fn read(text: &str) -> Result<Vec<Document>, String> {
    if text.len() > FILE_BYTES_MAX {
        return Err(format!("file is larger than {} MiB; split it", FILE_BYTES_MAX >> 20));
    }
    serde_saphyr::from_multiple::<Document>(text)
        .map_err(|error| format!("not a Sigma document: {}", first_line(&error)))
}

fn first_line(error: &serde_saphyr::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

impl Document {
    pub(super) fn compile(self, compiler: &mut Compiler<'_>, file: &str) -> Result<Compiled, String> {
        if self.correlation.is_some() {
            return Err("correlation rules are not supported yet".to_owned());
        }
        let title = self.title.ok_or("`title` is missing")?;
        let log_source = self.logsource.ok_or("`logsource` is missing")?;
        if let Some(filter) = &self.filter {
            let id = self.id.unwrap_or(title);
            return Filter::compile((id, file, log_source), filter, compiler).map(Compiled::Filter);
        }
        let detection = self.detection.ok_or("`detection` is missing")?;
        let condition = compile_detection(&detection, compiler)?;
        Ok(Compiled::Rule(Rule {
            meta: RuleRef {
                id: self.id.unwrap_or_else(|| title.clone()),
                title,
                level: self.level.unwrap_or_default(),
                tags: self.tags.unwrap_or_default(),
            },
            description: self.description.unwrap_or_default().trim().to_owned(),
            false_positives: strings(self.falsepositives),
            response: self.response.map(|text| text.trim().to_owned()),
            file: file.to_owned(),
            log_source,
            condition,
        }))
    }
}

pub(super) fn strings(value: Option<Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

pub(super) fn compile_detection(detection: &Map<String, Value>, compiler: &mut Compiler<'_>) -> Result<Expr, String> {
    let conditions = strings(detection.get("condition").cloned());
    if conditions.is_empty() {
        return Err("`condition` is missing".to_owned());
    }
    if detection.contains_key("timeframe") {
        return Err(
            "`timeframe` belongs to aggregation conditions, which Sigma 2 replaced by correlation rules".to_owned()
        );
    }
    let searches = detection
        .iter()
        .filter(|(name, _)| *name != "condition")
        .map(|(name, value)| Ok((name.as_str(), compile_search(name, value, compiler)?)))
        .collect::<Result<Vec<_>, String>>()?;
    let alternatives = conditions.iter().map(|text| parse(text, &searches)).collect::<Result<_, _>>()?;
    Ok(Expr::any(alternatives))
}

/// A search identifier: a map (and), a list of maps (or), or a list of keywords (or).
fn compile_search(name: &str, value: &Value, compiler: &mut Compiler<'_>) -> Result<Expr, String> {
    match value {
        Value::Object(map) => compile_map(map, compiler),
        Value::Array(items) if items.is_empty() => Err(format!("search `{name}` is empty")),
        Value::Array(items) if items.iter().all(Value::is_object) => {
            let parts = items.iter().filter_map(Value::as_object).map(|map| compile_map(map, compiler));
            Ok(Expr::any(parts.collect::<Result<_, _>>()?))
        }
        Value::Array(_) | Value::String(_) | Value::Number(_) => compiler.keywords(value, false),
        Value::Null | Value::Bool(_) => Err(format!("search `{name}` is neither a map nor a list")),
    }
}

fn compile_map(map: &Map<String, Value>, compiler: &mut Compiler<'_>) -> Result<Expr, String> {
    if map.is_empty() {
        return Err("an empty map matches nothing; name at least one field".to_owned());
    }
    let parts = map.iter().map(|(key, value)| match key.as_str() {
        "|all" => compiler.keywords(value, true),
        _ => compiler.field(key, value),
    });
    Ok(Expr::all(parts.collect::<Result<_, _>>()?))
}
