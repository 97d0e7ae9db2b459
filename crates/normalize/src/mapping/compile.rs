//! A mapping, checked and compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use quell_model::{FieldId, FieldTable, LogSource, OcsfClass, Verb};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, StrDeserializer};

use super::condition::Condition;
use super::document::{Document, EdgeDocument, EntityDocument, EventRow, LogSourceRow};
use super::template::{EntityRule, OneEntity, Template};
use crate::lines::CsvTable;

/// A compiled mapping.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub(crate) source: Arc<str>,
    pub(crate) recognise: Vec<Condition>,
    pub(crate) record: Vec<FieldId>,
    pub(crate) time: Vec<FieldId>,
    pub(crate) host: Option<Template>,
    pub(crate) message: Option<(FieldId, FieldId)>,
    pub(crate) csv: Option<CsvTable>,
    pub(crate) key: Vec<FieldId>,
    pub(crate) entities: Vec<EntityRule>,
    pub(crate) events: Vec<EventKind>,
    product: String,
    log_sources: Vec<(Condition, LogSourceRow)>,
}

/// A kind of events.
#[derive(Debug)]
pub(crate) struct EventKind {
    /// What the key fields must be.
    pub(crate) known: Condition,
    /// What other fields must be.
    pub(crate) rest: Condition,
    pub(crate) class: OcsfClass,
    pub(crate) action: Option<Template>,
    pub(crate) alias: Vec<(FieldId, FieldId)>,
    pub(crate) edges: Vec<EdgeRule>,
    /// Entities an alert is about, best first.
    pub(crate) subjects: Vec<usize>,
}

/// What an event says happened.
#[derive(Debug, Clone)]
pub(crate) struct EdgeRule {
    pub(crate) from: usize,
    pub(crate) verb: Verb,
    pub(crate) to: usize,
    pub(crate) when: Condition,
}

impl Mapping {
    pub(crate) fn compile(document: &Document, table: &mut FieldTable) -> Result<Mapping, String> {
        let key: Vec<FieldId> = document.key.iter().map(|name| table.register(name)).collect();
        let names: Vec<&String> = document.entities.keys().collect();
        let entities = compile_entities(&document.entities, &names, table)?;
        let mut compiler = Rows { document, names: &names, key: &key, table };
        let mut events = Vec::new();
        for row in &document.events {
            events.push(compiler.event(row)?);
        }
        events.push(compiler.any_other()?);
        let mut log_sources = Vec::new();
        for row in &document.log_sources {
            log_sources.push(compiler.log_source(row)?);
        }
        let host = document.host.as_deref().map(|text| Template::compile(text, table)).transpose()?;
        Ok(Mapping {
            source: document.source.as_str().into(),
            recognise: document.recognise.iter().map(|when| Condition::compile(when, table)).collect(),
            record: document.record.iter().map(|name| table.register(name)).collect(),
            time: document.time.iter().map(|name| table.register(name)).collect(),
            host,
            message: document.message.as_ref().map(|m| (table.register(&m.program), table.register(&m.text))),
            csv: document.csv.as_ref().map(|csv| CsvTable {
                source: document.source.as_str().into(),
                delimiter: u8::try_from(csv.delimiter).unwrap_or(b','),
                columns: csv.columns.clone(),
            }),
            key,
            entities,
            events,
            product: document.product.clone(),
            log_sources,
        })
    }

    /// The log source of an event with these key fields.
    pub(crate) fn log_source(&self, fields: &quell_model::Fields) -> LogSource {
        let rows = self.log_sources.iter().filter(|(when, _)| when.holds(fields)).map(|(_, row)| row);
        self.sum(rows)
    }

    /// All log sources that events of this mapping can have, as one: whether a rule can match any of them.
    pub(crate) fn possible_log_sources(&self) -> Vec<LogSource> {
        let everything = self.sum(self.log_sources.iter().map(|(_, row)| row));
        let products = self.log_sources.iter().filter_map(|(_, row)| row.product.clone());
        let others = products.map(|product| LogSource { product, ..everything.clone() }).collect::<Vec<_>>();
        let own = LogSource { product: self.product.clone(), ..everything.clone() };
        std::iter::once(own).chain(others).collect()
    }

    fn sum<'a>(&'a self, rows: impl Iterator<Item = &'a LogSourceRow>) -> LogSource {
        let mut source = LogSource { product: self.product.clone(), ..LogSource::default() };
        for row in rows {
            source.categories.extend(row.category.iter().cloned());
            source.services.extend(row.service.iter().cloned());
            if let Some(product) = &row.product {
                source.product.clone_from(product);
            }
        }
        source.categories.sort();
        source.categories.dedup();
        source.services.sort();
        source.services.dedup();
        source
    }
}

fn compile_entities(
    documents: &BTreeMap<String, EntityDocument>,
    names: &[&String],
    table: &mut FieldTable,
) -> Result<Vec<EntityRule>, String> {
    documents.keys().map(|name| compile_entity(name, documents, names, table)).collect()
}

fn compile_entity(
    name: &str,
    documents: &BTreeMap<String, EntityDocument>,
    names: &[&String],
    table: &mut FieldTable,
) -> Result<EntityRule, String> {
    let document = &documents[name];
    if !document.first.is_empty() {
        let nested =
            document.first.iter().find(|option| documents.get(*option).is_some_and(|other| !other.first.is_empty()));
        if let Some(nested) = nested {
            return Err(format!(
                "entity `{name}`: `first` names `{nested}`, which is a choice itself; name plain entities"
            ));
        }
        let options = document.first.iter().map(|option| position(names, option));
        return Ok(EntityRule::First(options.collect::<Result<_, _>>()?));
    }
    let kind = document.kind.ok_or_else(|| format!("entity `{name}` has no kind"))?;
    let mut template = |text: &String| Template::compile(text, table);
    let key = document.key.iter().map(&mut template).collect::<Result<Vec<_>, _>>()?;
    if key.is_empty() {
        return Err(format!("entity `{name}` has no key"));
    }
    let name = document.name.as_ref().map(&mut template).transpose()?;
    let attrs =
        document.attrs.iter().map(|(attr, text)| Ok((*attr, template(text)?))).collect::<Result<_, String>>()?;
    let when = Condition::compile(&document.when, table);
    Ok(EntityRule::One(Box::new(OneEntity { kind, key, name, attrs, when })))
}

fn position(names: &[&String], name: &str) -> Result<usize, String> {
    names.iter().position(|known| *known == name).ok_or_else(|| format!("no entity is called `{name}`"))
}

/// Compiles the rows of one document.
struct Rows<'a> {
    document: &'a Document,
    names: &'a [&'a String],
    key: &'a [FieldId],
    table: &'a mut FieldTable,
}

impl Rows<'_> {
    fn event(&mut self, row: &EventRow) -> Result<EventKind, String> {
        let (known, rest) = Condition::compile(&row.when, self.table).split(self.key);
        let action = row.action.as_ref().or(self.document.action.as_ref());
        let subjects = if row.subjects.is_empty() { &self.document.subjects } else { &row.subjects };
        let mut edges = Vec::new();
        for edge in self.document.edges.iter().chain(&row.edges) {
            edges.push(self.edge(edge)?);
        }
        let mut alias = Vec::new();
        for (from, to) in self.document.alias.iter().chain(&row.alias) {
            alias.push((self.table.register(from), self.table.register(to)));
        }
        Ok(EventKind {
            known,
            rest,
            class: row.class.as_deref().map(class_of).transpose()?.unwrap_or(OcsfClass::BASE),
            action: action.map(|text| Template::compile(text, self.table)).transpose()?,
            alias,
            edges,
            subjects: subjects.iter().map(|name| position(self.names, name)).collect::<Result<_, _>>()?,
        })
    }

    /// Events that no row describes.
    fn any_other(&mut self) -> Result<EventKind, String> {
        let row = EventRow {
            when: BTreeMap::new(),
            class: None,
            action: None,
            alias: BTreeMap::new(),
            edges: Vec::new(),
            subjects: Vec::new(),
        };
        self.event(&row)
    }

    fn log_source(&mut self, row: &LogSourceRow) -> Result<(Condition, LogSourceRow), String> {
        let (known, rest) = Condition::compile(&row.when, self.table).split(self.key);
        if !rest.is_empty() {
            return Err(format!("log source for {:?}: conditions may read key fields only", row.service));
        }
        let row = LogSourceRow {
            when: BTreeMap::new(),
            category: row.category.clone(),
            service: row.service.clone(),
            product: row.product.clone(),
        };
        Ok((known, row))
    }

    fn edge(&mut self, edge: &EdgeDocument) -> Result<EdgeRule, String> {
        let (text, when) = match edge {
            EdgeDocument::Plain(text) => (text, Condition::default()),
            EdgeDocument::Conditional { edge, when } => (edge, Condition::compile(when, self.table)),
        };
        let [from, verb, to] = text.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(format!("edge `{text}` is not `from verb to`"));
        };
        Ok(EdgeRule { from: position(self.names, from)?, verb: verb_of(verb)?, to: position(self.names, to)?, when })
    }
}

fn verb_of(name: &str) -> Result<Verb, String> {
    let deserializer: StrDeserializer<'_, ValueError> = name.into_deserializer();
    Verb::deserialize(deserializer).map_err(|_| format!("`{name}` is no verb"))
}

fn class_of(text: &str) -> Result<OcsfClass, String> {
    let (class, activity) = text.split_once('.').unwrap_or((text, "0"));
    match (class.parse(), activity.parse()) {
        (Ok(class_uid), Ok(activity_id)) => Ok(OcsfClass { class_uid, activity_id }),
        _ => Err(format!("`{text}` is no OCSF class and activity, such as 1007.1")),
    }
}
