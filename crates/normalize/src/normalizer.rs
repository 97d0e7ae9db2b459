//! Records to events, by the mapping of their source.

use std::collections::HashMap;
use std::fmt::Write as _;

use quell_model::{Activity, Event, FieldTable, Fields, LogSource, RecordRef, Rejected, Scalar};

use crate::framing::{Formats, RawRecord, Shape};
use crate::lines::{CsvTable, message};
use crate::mapping::{Document, EventKind, Holes, Mapping, MappingError};
use crate::paths::Paths;
use crate::{json, time};

/// Most combinations of key fields whose rows are remembered; beyond that rows are looked up event by event.
const KINDS_REMEMBERED_MAX: usize = 8_192;

/// Longest key that is remembered.
const KEY_BYTES_MAX: usize = 256;

/// Mappings, compiled; the fields they read are registered. Rules may register more before [`Mappings::normalizer`].
#[derive(Debug, Default)]
pub struct Mappings {
    mappings: Vec<Mapping>,
    prefixes: Vec<String>,
    renames: Vec<(String, String)>,
}

impl Mappings {
    /// Adds the mapping in a YAML text.
    ///
    /// # Errors
    /// What is wrong with the text, with its place in the file.
    pub fn add(&mut self, file: &str, text: &str, table: &mut FieldTable) -> Result<(), MappingError> {
        let fail = |reason| MappingError { file: file.to_owned(), reason };
        let document = Document::read(text).map_err(fail)?;
        if self.mappings.iter().any(|mapping| *mapping.source == *document.source()) {
            return Err(fail(format!("source `{}` has a mapping already", document.source())));
        }
        let mapping = Mapping::compile(&document, table).map_err(fail)?;
        self.prefixes.extend_from_slice(document.prefixes());
        self.renames.extend(document.renames());
        self.mappings.push(mapping);
        Ok(())
    }

    /// How many sources are known.
    #[must_use]
    pub fn count(&self) -> usize {
        self.mappings.len()
    }

    /// Every log source that an event can have, for telling which rules can never match.
    pub fn log_sources(&self) -> impl Iterator<Item = LogSource> {
        self.mappings.iter().flat_map(Mapping::possible_log_sources)
    }

    /// Name of the source behind [`RecordRef::source`].
    #[must_use]
    pub fn source(&self, index: u16) -> &str {
        self.mappings.get(usize::from(index)).map_or("", |mapping| &mapping.source)
    }

    /// The CSV tables that mappings describe.
    #[must_use]
    pub fn formats(&self, year: i16) -> Formats {
        let tables: Vec<CsvTable> = self.mappings.iter().filter_map(|mapping| mapping.csv.clone()).collect();
        Formats { tables, year }
    }

    /// Ready to read records; `table` must not change after this.
    #[must_use]
    pub fn normalizer<'a>(&'a self, table: &'a FieldTable) -> Normalizer<'a> {
        Normalizer {
            mappings: &self.mappings,
            table,
            paths: Paths::new(table, &self.prefixes, &self.renames),
            log_sources: Vec::new(),
            kinds: vec![HashMap::default(); self.mappings.len()],
            by_source: self.mappings.iter().enumerate().map(|(at, mapping)| (&*mapping.source, at)).collect(),
        }
    }
}

/// Rows that apply to events with the same key fields.
#[derive(Debug, Clone)]
struct Kind {
    log_source: u32,
    /// Rows of the mapping whose key condition holds, in order.
    rows: Vec<usize>,
}

/// Turns records into events. Remembers which rows apply to which keys; otherwise it has no state.
#[derive(Debug)]
pub struct Normalizer<'a> {
    mappings: &'a [Mapping],
    table: &'a FieldTable,
    paths: Paths,
    log_sources: Vec<LogSource>,
    kinds: Vec<HashMap<String, Kind>>,
    by_source: HashMap<&'a str, usize>,
}

impl Normalizer<'_> {
    /// The event in a record, which is the `position`-th of the input with index `input`. `fields` is memory to reuse,
    /// from an event that is no longer needed.
    ///
    /// # Errors
    /// Why the record is no event: it cannot be parsed, or no mapping recognises it.
    pub fn normalize(
        &mut self,
        record: RawRecord,
        (input, position): (u32, u64),
        fields: Fields,
    ) -> Result<Event, Rejected> {
        let mut fields = fields;
        let (at, kind) = self.read(&record, &mut fields)?;
        let mapping = &self.mappings[at];
        let row = kind.rows.iter().map(|row| &mapping.events[*row]).find(|row| row.rest.holds(&fields));
        let own_number = mapping.record.iter().find_map(|field| fields.text(*field)?.parse().ok());
        let mut event = Event {
            record: RecordRef { input, position, source: at as u16, number: own_number.unwrap_or(record.number) },
            source: mapping.source.clone(),
            class: quell_model::OcsfClass::BASE,
            time: mapping.time.iter().find_map(|field| fields.all(*field).find_map(time::parse)),
            log_source: kind.log_source,
            action: String::new(),
            activities: Vec::new(),
            subjects: Vec::new(),
            fields,
            raw: record.bytes,
        };
        if let Some(row) = row {
            apply(mapping, row, &mut event);
        }
        Ok(event)
    }

    /// Reads only what rules match on: the fields of a record and its log source. For measuring the matcher by itself.
    ///
    /// # Errors
    /// Why the record is no event.
    pub fn classify(&mut self, record: &RawRecord, fields: &mut Fields) -> Result<u32, Rejected> {
        let (at, kind) = self.read(record, fields)?;
        let mapping = &self.mappings[at];
        if let Some(row) = kind.rows.iter().map(|row| &mapping.events[*row]).find(|row| row.rest.holds(fields)) {
            row.alias.iter().for_each(|(from, to)| fields.alias(*from, *to));
        }
        Ok(kind.log_source)
    }

    /// Fields, mapping and kind of a record.
    fn read(&mut self, record: &RawRecord, fields: &mut Fields) -> Result<(usize, Kind), Rejected> {
        fields.clear();
        let at = self.fill(record, fields).map_err(|reason| Rejected { offset: record.offset, reason })?;
        if let Some((program, text)) = self.mappings[at].message {
            self.take_apart(program, text, fields);
        }
        Ok((at, self.kind(at, fields)))
    }

    /// The log source behind [`Event::log_source`].
    #[must_use]
    pub fn log_source(&self, index: u32) -> Option<&LogSource> {
        self.log_sources.get(index as usize)
    }

    /// Reads the record's fields and finds its mapping.
    fn fill(&self, record: &RawRecord, fields: &mut Fields) -> Result<usize, String> {
        match &record.shape {
            Shape::Json => {
                self.walk(&record.bytes, fields)?;
                let recognised = |mapping: &Mapping| mapping.recognise.iter().any(|condition| condition.holds(fields));
                self.mappings
                    .iter()
                    .position(recognised)
                    .ok_or_else(|| "JSON of no known source; give a mapping for it".to_owned())
            }
            Shape::Pairs { source, pairs } => {
                for (name, value) in pairs {
                    if let Some(field) = self.table.get(name) {
                        fields.push(field, Scalar::Str(value));
                    }
                }
                self.by_source.get(&**source).copied().ok_or_else(|| format!("no mapping for source {source}"))
            }
        }
    }

    /// Reads a JSON record; one that is not quite JSON gets a second chance with its text repaired.
    fn walk(&self, bytes: &[u8], fields: &mut Fields) -> Result<(), String> {
        let Err(reason) = json::walk(bytes, &self.paths, fields) else { return Ok(()) };
        fields.clear();
        let repaired = json::repaired(String::from_utf8_lossy(bytes).as_bytes());
        json::walk(&repaired, &self.paths, fields).map_err(|_| format!("not JSON: {reason}"))
    }

    fn take_apart(&self, program: quell_model::FieldId, text: quell_model::FieldId, fields: &mut Fields) {
        let found = match (fields.text(program), fields.text(text)) {
            (Some(program), Some(text)) => message::fields(&program, &text),
            _ => return,
        };
        for (name, value) in found {
            if let Some(field) = self.table.get(name) {
                fields.push(field, Scalar::Str(&value));
            }
        }
    }

    /// The rows and the log source for the key fields of this event.
    fn kind(&mut self, at: usize, fields: &Fields) -> Kind {
        let mapping = &self.mappings[at];
        let key = key_of(mapping, fields);
        if let Some(kind) = self.kinds[at].get(&key) {
            return kind.clone();
        }
        let source = mapping.log_source(fields);
        let known = self.log_sources.iter().position(|known| *known == source);
        let log_source = known.unwrap_or_else(|| {
            self.log_sources.push(source);
            self.log_sources.len() - 1
        });
        let rows = mapping.events.iter().enumerate().filter(|(_, row)| row.known.holds(fields)).map(|(at, _)| at);
        let kind = Kind { log_source: log_source as u32, rows: rows.collect() };
        if self.kinds[at].len() < KINDS_REMEMBERED_MAX && key.len() <= KEY_BYTES_MAX {
            self.kinds[at].insert(key, kind.clone());
        }
        kind
    }
}

/// All values of the key fields, each with its length, so that no value can pass for another.
fn key_of(mapping: &Mapping, fields: &Fields) -> String {
    let mut key = String::new();
    for field in &mapping.key {
        for value in fields.all(*field) {
            match value.to_text() {
                Some(text) => drop(write!(key, "{}:{text}", text.len())),
                None if value == Scalar::Nested => key.push('n'),
                None => key.push('0'),
            }
        }
        key.push(';');
    }
    key
}

/// Adds what the row says to the event.
fn apply(mapping: &Mapping, row: &EventKind, event: &mut Event) {
    for (from, to) in &row.alias {
        event.fields.alias(*from, *to);
    }
    event.class = row.class;
    let host_name = mapping.host.as_ref().and_then(|host| host.fill(&event.fields, Holes::default()));
    let host = host_name.as_deref().map(quell_model::short_host);
    let holes = Holes { host: host.as_deref(), host_name: host_name.as_deref() };
    let entity = |at: usize| mapping.entities[at].entity(&mapping.entities, &event.fields, holes);

    let mut activities = Vec::new();
    for edge in row.edges.iter().filter(|edge| edge.when.holds(&event.fields)) {
        if let (Some(from), Some(to)) = (entity(edge.from), entity(edge.to)) {
            activities.push(Activity { from, verb: edge.verb, to });
        }
    }
    let subjects = row.subjects.iter().filter_map(|at| entity(*at)).collect();
    event.action = row.action.as_ref().and_then(|action| action.fill(&event.fields, holes)).unwrap_or_default();
    event.activities = activities;
    event.subjects = subjects;
}
