//! Writers: records that are due to files, in the formats the products write.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use quell_model::Timestamp;
use serde_json::{Map, Value};

use super::error::{Fault, ScenarioError};
use super::eval;
use super::filter::plain;
use super::ids::Random;
use super::load::{OutputPlan, Scenario, Template};
use super::plan::{Plan, Planned};
use super::script::{Number, Output};
use super::truth::RecordAt;
use super::{RenderOptions, RenderedFile};

/// Streams of numbers: from here on one for each record.
const RECORD_STREAM: u64 = 1 << 40;
/// Streams of numbers: first record numbers.
const NUMBER_STREAM: u64 = 1 << 39;
/// Record numbers of one group stay below the first of the next.
const NUMBER_STEP: u64 = 10_000_000;

/// Files, and where the records went.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) seed: u64,
    pub(super) files: Vec<RenderedFile>,
    pub(super) attack_events: Vec<RecordAt>,
    /// For each step of the story.
    pub(super) evidence: Vec<Vec<RecordAt>>,
}

/// Writes all records of a plan.
pub(super) fn write(scenario: &Scenario, plan: &mut Plan, options: &RenderOptions) -> Result<Written, ScenarioError> {
    let mut files = Files { open: BTreeMap::new(), done: Vec::new(), seed: options.seed, begin: plan.begin };
    let mut attack_events = Vec::new();
    let mut evidence = vec![Vec::new(); plan.links.len()];
    for planned in &plan.records {
        let Some(template) = scenario.templates.get(&planned.template) else { continue };
        let Some(output) = scenario.outputs.get(&template.output) else { continue };
        plan.ids.random = Random::stream(options.seed, RECORD_STREAM + planned.order);
        let at = Due { template, output, planned }.write(&mut files, &mut plan.ids);
        let at = at.map_err(|fault| fault.at(&template.place))?;
        if let Some(proof) = planned.mark.link.and_then(|link| evidence.get_mut(link)) {
            proof.push(at.clone());
        }
        if planned.mark.attack {
            attack_events.push(at);
        }
    }
    Ok(Written { seed: options.seed, files: files.finish(), attack_events, evidence })
}

struct Due<'a> {
    template: &'a Template,
    output: &'a OutputPlan,
    planned: &'a Planned,
}

impl Due<'_> {
    fn write(&self, files: &mut Files, ids: &mut super::ids::Ids) -> Result<RecordAt, Fault> {
        let scope = &self.planned.scope;
        let path = eval::text(&self.output.path, scope, ids)?;
        let record = eval::map(&self.template.record, scope, ids)?;
        files.push(path, &self.output.format, record)
    }
}

/// Files that are being written.
struct Files {
    /// By path; `#` stands for the number of the file.
    open: BTreeMap<String, File>,
    done: Vec<RenderedFile>,
    seed: u64,
    begin: i64,
}

#[derive(Default)]
struct File {
    bytes: Vec<u8>,
    /// Number of the file, from 1.
    part: u64,
    /// Lines or elements so far.
    count: u64,
    /// Last record number of each group.
    numbers: BTreeMap<String, u64>,
    /// Where record numbers begin depends on this.
    salt: u64,
}

impl Files {
    fn push(&mut self, path: String, format: &Output, record: Map<String, Value>) -> Result<RecordAt, Fault> {
        let (seed, begin) = (self.seed, self.begin);
        let salt = || path.bytes().fold(seed, |salt, byte| salt.rotate_left(5) ^ u64::from(byte));
        let file = self.open.entry(path.clone()).or_insert_with(|| File { salt: salt(), ..File::default() });
        match format {
            Output::Records { key, limit, .. } => {
                if file.count == *limit as u64 {
                    let full = std::mem::take(file);
                    file.part = full.part;
                    self.done.push(full.close(&path));
                }
                file.element(key, &record)?;
                Ok(RecordAt { file: path.replace('#', &file.part.to_string()), record: file.count })
            }
            Output::JsonLines { number, .. } => {
                let mut record = record;
                let counted = number.as_ref().map(|number| file.number(number, &mut record));
                file.json(&record)?;
                file.bytes.push(b'\n');
                file.count += 1;
                Ok(RecordAt { file: path, record: counted.unwrap_or(file.count) })
            }
            Output::Zeek { log, columns, .. } => {
                if file.count == 0 {
                    file.zeek_header(log, columns, begin)?;
                }
                let values: Vec<String> = columns.keys().map(|column| zeek(record.get(column))).collect();
                file.line(values.join("\t"));
                Ok(RecordAt { file: path, record: file.count })
            }
            Output::Columns { columns, .. } => {
                if file.count == 0 {
                    file.line(columns.join(" "));
                }
                let value = |column| record.get(column).map_or_else(|| "-".to_owned(), plain);
                let values: Vec<String> = columns.iter().map(value).collect();
                file.line(values.join(" "));
                Ok(RecordAt { file: path, record: file.count })
            }
        }
    }

    fn finish(mut self) -> Vec<RenderedFile> {
        let open = std::mem::take(&mut self.open);
        self.done.extend(open.into_iter().map(|(path, file)| file.close(&path)));
        self.done.sort_by(|a, b| a.path.cmp(&b.path));
        self.done
    }
}

impl File {
    fn line(&mut self, text: String) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(b'\n');
        self.count += 1;
    }

    /// Adds an element to the array.
    fn element(&mut self, key: &str, record: &Map<String, Value>) -> Result<(), Fault> {
        let before = if self.count == 0 { format!("{{{}:[", Value::from(key)) } else { ",".to_owned() };
        self.part += u64::from(self.count == 0);
        self.bytes.extend_from_slice(before.as_bytes());
        self.count += 1;
        self.json(record)
    }

    fn json(&mut self, record: &Map<String, Value>) -> Result<(), Fault> {
        serde_json::to_writer(&mut self.bytes, record)
            .map_err(|_| Fault::Kind { what: "record".to_owned(), needs: "values that JSON can hold" })
    }

    /// Gives a record the next number of its group. The first of each group is made up, and groups do not overlap.
    fn number(&mut self, number: &Number, record: &mut Map<String, Value>) -> u64 {
        let group = record.get(&number.per).map(plain).unwrap_or_default();
        let (groups, salt) = (self.numbers.len() as u64, self.salt);
        let last = self.numbers.entry(group).or_insert_with(|| {
            groups * NUMBER_STEP + Random::stream(salt, NUMBER_STREAM + groups).below(NUMBER_STEP / 2)
        });
        *last += 1;
        record.insert(number.field.clone(), (*last).into());
        *last
    }

    fn zeek_header(&mut self, log: &str, columns: &Map<String, Value>, begin: i64) -> Result<(), Fault> {
        let begin = Timestamp::from_nanosecond(i128::from(begin)).map_err(|_| Fault::Span(begin.to_string()))?;
        let mut fields = "#fields".to_owned();
        let mut types = "#types".to_owned();
        for (name, kind) in columns {
            let _ = write!(fields, "\t{name}");
            let _ = write!(types, "\t{}", plain(kind));
        }
        for line in ["#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-"] {
            self.line(line.to_owned());
        }
        self.line(format!("#path\t{log}"));
        self.line(format!("#open\t{}", begin.strftime("%Y-%m-%d-%H-%M-%S")));
        self.line(fields);
        self.line(types);
        Ok(())
    }

    /// Ends a file; only those with an array need it.
    fn close(mut self, path: &str) -> RenderedFile {
        if self.part > 0 {
            self.bytes.extend_from_slice(b"]}");
        }
        RenderedFile { path: path.replace('#', &self.part.to_string()), bytes: self.bytes }
    }
}

/// A value as Zeek writes it.
fn zeek(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::Bool(true)) => "T".to_owned(),
        Some(Value::Bool(false)) => "F".to_owned(),
        Some(Value::Array(items)) if !items.is_empty() => items.iter().map(plain).collect::<Vec<_>>().join(","),
        Some(Value::Array(_)) => "(empty)".to_owned(),
        Some(other) => match plain(other) {
            text if text.is_empty() => "(empty)".to_owned(),
            text => text.replace('\t', "\\x09").replace('\n', "\\x0a"),
        },
    }
}
