//! The bulk protocol of Elasticsearch, as Beats, Elastic Agent, Logstash and Fluent Bit speak it.
//!
//! Documents are handed on as they are. One in which Filebeat or Elastic Agent wrapped a line of a log file is unwrapped: the
//! line is the record, and what the shipper added is not kept. Documents of Winlogbeat stay whole; their fields are the record.

use quell_model::ports::Receipt;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{ITEMS_MAX, Lines, object, rejections};

/// Response header, name and value, by which clients know what they talk to.
pub(crate) const PRODUCT_HEADER: (&str, &str) = ("x-elastic-product", "Elasticsearch");
/// Which version the protocol is of.
const VERSION: &str = "8.17.0";
/// Shippers that wrap lines of log files.
const WRAPPERS: [&str; 2] = ["filebeat", "elastic-agent"];

/// A request that was taken apart.
#[derive(Debug)]
pub(crate) struct Bulk {
    /// For the delivery: the documents, one a line.
    pub(crate) bytes: Vec<u8>,
    /// For the answer.
    pub(crate) items: Items,
}

/// What was asked for, in order.
#[derive(Debug)]
pub(crate) struct Items {
    items: Vec<Item>,
    /// Where the lines of the delivery begin.
    starts: Vec<u64>,
}

#[derive(Debug)]
struct Item {
    action: Action,
    index: String,
    id: String,
    number: u64,
    fate: Fate,
}

#[derive(Debug)]
enum Fate {
    /// It is this line of the delivery.
    Line(usize),
    /// It is not part of the delivery.
    Refused(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Index,
    Create,
    Update,
    Delete,
}

/// A body that cannot be taken apart. Nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BulkError {
    /// There is nothing in it.
    #[error("request body is required")]
    Empty,
    /// A line should say what to do, and does not.
    #[error("line {line} should hold an action such as {{\"create\":{{}}}}: {reason}")]
    Action {
        /// Which, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The last action is not followed by its document.
    #[error("the action on line {line} is not followed by a document")]
    NoDocument {
        /// Which, from 1.
        line: usize,
    },
    /// There are too many actions.
    #[error("more than {ITEMS_MAX} actions in one request (line {line}); send fewer at a time")]
    TooMany {
        /// Which, from 1.
        line: usize,
    },
}

impl BulkError {
    /// The answer to such a body.
    pub(crate) fn failure(&self) -> Failure {
        let status = if matches!(self, BulkError::TooMany { .. }) { 413 } else { 400 };
        Failure::new(status, "illegal_argument_exception", self.to_string())
    }
}

/// Takes a body apart. `index` is the one that the path names, for actions that name none. Documents without an id get one from
/// their number; `first` is that of the first.
///
/// # Errors
/// The body is not in the form of the protocol.
pub(crate) fn bulk(body: &[u8], index: &str, first: u64) -> Result<Bulk, BulkError> {
    let mut lines = Lines::default();
    let mut items = Vec::new();
    let mut rest = body.split(|byte| *byte == b'\n').enumerate();
    while let Some((at, text)) = rest.next() {
        if text.trim_ascii().is_empty() {
            continue;
        }
        let line = at + 1;
        if items.len() >= ITEMS_MAX {
            return Err(BulkError::TooMany { line });
        }
        let (action, target) = action(text).map_err(|reason| BulkError::Action { line, reason })?;
        let document = match action {
            Action::Delete => &[],
            Action::Index | Action::Create | Action::Update => {
                let (_, document) = rest.next().ok_or(BulkError::NoDocument { line })?;
                document.trim_ascii()
            }
        };
        if action != Action::Delete && document.is_empty() {
            return Err(BulkError::NoDocument { line });
        }
        let number = first.wrapping_add(items.len() as u64);
        let fate = fate(action, document, &mut lines);
        let (index, id) = target.resolve(index, number);
        items.push(Item { action, index, id, number, fate });
    }
    if items.is_empty() {
        return Err(BulkError::Empty);
    }
    Ok(Bulk { bytes: lines.bytes, items: Items { items, starts: lines.starts } })
}

fn fate(action: Action, document: &[u8], lines: &mut Lines) -> Fate {
    match action {
        Action::Update => Fate::Refused("records are not changed once they are stored; use create or index"),
        Action::Delete => Fate::Refused("records are not deleted by those who send them"),
        Action::Index | Action::Create => {
            match original(document) {
                Some(record) => lines.push(record.as_bytes()),
                None => lines.push(document),
            }
            Fate::Line(lines.len() - 1)
        }
    }
}

/// An action line: one of these, with where to.
#[derive(Deserialize)]
struct Actions<'a> {
    #[serde(borrow)]
    index: Option<&'a RawValue>,
    create: Option<&'a RawValue>,
    update: Option<&'a RawValue>,
    delete: Option<&'a RawValue>,
}

/// Where an action points.
#[derive(Debug, Deserialize)]
struct Target {
    #[serde(rename = "_index")]
    index: Option<String>,
    #[serde(rename = "_id")]
    id: Option<Id>,
}

/// Some senders write numbers.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(u64),
}

impl Target {
    fn resolve(self, index: &str, number: u64) -> (String, String) {
        let index = self.index.unwrap_or_else(|| index.to_owned());
        let id = match self.id {
            Some(Id::Text(id)) => id,
            Some(Id::Number(id)) => id.to_string(),
            None => format!("quell-{number}"),
        };
        (index, id)
    }
}

fn action(line: &[u8]) -> Result<(Action, Target), String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is no UTF-8".to_owned())?;
    let actions: Actions<'_> = object(text)?;
    let named = [
        (Action::Index, actions.index),
        (Action::Create, actions.create),
        (Action::Update, actions.update),
        (Action::Delete, actions.delete),
    ];
    let mut named = named.into_iter().filter_map(|(action, target)| Some((action, target?)));
    match (named.next(), named.next()) {
        (Some((action, target)), None) => Ok((action, object(target.get())?)),
        (None, _) => Err("it names none of index, create, update, delete".to_owned()),
        (Some(_), Some(_)) => Err("it names more than one action".to_owned()),
    }
}

/// A document, as far as it tells whether something is wrapped in it. ECS fields are nested or have dots in their names.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    agent: Option<&'a RawValue>,
    #[serde(rename = "agent.type")]
    agent_type: Option<&'a RawValue>,
    log: Option<&'a RawValue>,
    #[serde(rename = "log.file.path")]
    log_file_path: Option<&'a RawValue>,
    event: Option<&'a RawValue>,
    #[serde(rename = "event.original")]
    event_original: Option<&'a RawValue>,
    message: Option<&'a RawValue>,
    winlog: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Agent<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Log<'a> {
    #[serde(borrow)]
    file: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct LogFile<'a> {
    #[serde(borrow)]
    path: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    original: Option<&'a RawValue>,
}

/// The record that a shipper wrapped in a document; none if the document is the record.
fn original(document: &[u8]) -> Option<String> {
    let document: Document<'_> = object(std::str::from_utf8(document).ok()?).ok()?;
    if document.winlog.is_some() || !document.is_wrapped() {
        return None;
    }
    let nested = document.event.and_then(|event| object::<Event<'_>>(event.get()).ok()?.original);
    let original = nested.or(document.event_original).and_then(text_of);
    original.or_else(|| text_of(document.message?))
}

impl Document<'_> {
    fn is_wrapped(&self) -> bool {
        let agent = self.agent.and_then(|agent| object::<Agent<'_>>(agent.get()).ok()?.kind);
        let by_agent =
            agent.or(self.agent_type).and_then(text_of).is_some_and(|kind| WRAPPERS.contains(&kind.as_str()));
        let file = self.log.and_then(|log| object::<Log<'_>>(log.get()).ok()?.file);
        let path = file.and_then(|file| object::<LogFile<'_>>(file.get()).ok()?.path);
        by_agent || path.or(self.log_file_path).is_some()
    }
}

/// A string with something in it.
fn text_of(value: &RawValue) -> Option<String> {
    let text: String = serde_json::from_str(value.get()).ok()?;
    (!text.trim().is_empty()).then_some(text)
}

/// The answer to a request that was stored.
#[derive(Debug, Serialize)]
pub(crate) struct BulkAnswer {
    took: u64,
    errors: bool,
    items: Vec<ItemAnswer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum ItemAnswer {
    Index(Outcome),
    Create(Outcome),
    Update(Outcome),
    Delete(Outcome),
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Outcome {
    Stored(Stored),
    Failed(Failed),
}

#[derive(Debug, Serialize)]
struct Stored {
    _index: String,
    _id: String,
    _version: u8,
    result: &'static str,
    _shards: Shards,
    _seq_no: u64,
    _primary_term: u8,
    status: u16,
}

#[derive(Debug, Serialize)]
struct Shards {
    total: u8,
    successful: u8,
    failed: u8,
}

#[derive(Debug, Serialize)]
struct Failed {
    _index: String,
    _id: String,
    status: u16,
    error: Cause,
}

#[derive(Debug, Clone, Serialize)]
struct Cause {
    #[serde(rename = "type")]
    kind: &'static str,
    reason: String,
}

impl Items {
    /// The answer, once the delivery is stored.
    pub(crate) fn answer(self, receipt: &Receipt) -> BulkAnswer {
        let reasons = rejections(&self.starts, receipt);
        let mut errors = false;
        let items = self.items.into_iter().map(|item| {
            let error = match item.fate {
                Fate::Refused(reason) => Some(("illegal_argument_exception", reason)),
                Fate::Line(line) => {
                    reasons.get(line).copied().flatten().map(|reason| ("mapper_parsing_exception", reason))
                }
            };
            errors |= error.is_some();
            item.answer(error)
        });
        let items = items.collect();
        BulkAnswer { took: 0, errors, items }
    }
}

impl Item {
    fn answer(self, error: Option<(&'static str, &str)>) -> ItemAnswer {
        let (_index, _id) = (self.index, self.id);
        let outcome = match error {
            Some((kind, reason)) => {
                Outcome::Failed(Failed { _index, _id, status: 400, error: Cause { kind, reason: reason.to_owned() } })
            }
            None => Outcome::Stored(Stored {
                _index,
                _id,
                _version: 1,
                result: "created",
                _shards: Shards { total: 1, successful: 1, failed: 0 },
                _seq_no: self.number,
                _primary_term: 1,
                status: 201,
            }),
        };
        match self.action {
            Action::Index => ItemAnswer::Index(outcome),
            Action::Create => ItemAnswer::Create(outcome),
            Action::Update => ItemAnswer::Update(outcome),
            Action::Delete => ItemAnswer::Delete(outcome),
        }
    }
}

/// The answer to a request of which nothing is stored.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    error: FailureError,
    status: u16,
}

#[derive(Debug, Serialize)]
struct FailureError {
    root_cause: [Cause; 1],
    #[serde(flatten)]
    cause: Cause,
}

impl Failure {
    /// `kind` is the name of an exception of the protocol, `es_rejected_execution_exception` with 429 for example.
    pub(crate) fn new(status: u16, kind: &'static str, reason: String) -> Failure {
        let cause = Cause { kind, reason };
        Failure { error: FailureError { root_cause: [cause.clone()], cause }, status }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }
}

/// The answer to `GET /`. Clients look at the version and the tagline before they send anything.
#[derive(Debug, Serialize)]
pub(crate) struct Info {
    name: &'static str,
    cluster_name: &'static str,
    cluster_uuid: &'static str,
    version: Version,
    tagline: &'static str,
}

#[derive(Debug, Serialize)]
struct Version {
    number: &'static str,
    build_flavor: &'static str,
    build_type: &'static str,
    build_hash: &'static str,
    build_date: &'static str,
    build_snapshot: bool,
    lucene_version: &'static str,
    minimum_wire_compatibility_version: &'static str,
    minimum_index_compatibility_version: &'static str,
}

/// The answer to `GET /`.
pub(crate) fn info() -> Info {
    Info {
        name: "quell",
        cluster_name: "quell",
        cluster_uuid: "quell",
        version: Version {
            number: VERSION,
            build_flavor: "default",
            build_type: "quell",
            build_hash: "unknown",
            build_date: "2024-12-11T00:00:00Z",
            build_snapshot: false,
            lucene_version: "9.12.0",
            minimum_wire_compatibility_version: "7.17.0",
            minimum_index_compatibility_version: "7.0.0",
        },
        tagline: "You Know, for Search",
    }
}
