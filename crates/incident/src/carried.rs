//! Work that was done elsewhere: in another Quell, or in another program. It is carried over entry by entry, each with the
//! time and the name that it had there, inside of an entry that says who carried it over and when. It is decided on as
//! everything else is: being from elsewhere lets nothing past a rule.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use quell_model::handbook::Handbook;
use quell_model::{LedgerEntry, Level, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::timeline::TimelineFact;
use crate::work::{
    Desk, EvidenceFact, InquiryFact, ItemId, Line, ReviewFact, RoleFact, Stamp, TaskFact, Work, WorkFact,
};
use crate::{Fact, Incident, IncidentFact, Status};

/// Kind of an entry that holds one from elsewhere.
pub const CARRIED: &str = "entry.carried";
/// What stands before a name from elsewhere where otherwise a user of this Quell is named.
pub const ELSEWHERE: &str = "elsewhere:";
/// Most pieces of one incident.
pub const PIECES_MAX: usize = 100_000;
/// Most pieces that take something back: each folds everything before it again.
const UNDONE_MAX: usize = 500;
/// Most lines of what is left out.
const LEFT_OUT_MAX: usize = 10_000;
/// Most names of one list of what is told; more are not scope but a directory.
pub const NAMES_MAX: usize = 5_000;

/// Names in the bodies of facts under which an id of an item stands.
const ITEM_KEYS: [&str; 11] =
    ["entry", "evidence", "hypothesis", "id", "lesson", "measure", "message", "note", "parent", "question", "task"];

/// An incident as it was elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct CarriedIncident {
    /// Program, or Quell and the id of its key.
    pub program: Line,
    /// Its id there.
    pub id: Line,
    /// One line.
    pub title: Line,
    /// How serious.
    pub severity: Level,
    /// When it was opened there.
    pub opened_at: Timestamp,
    /// Time of the earliest event, if it is known.
    pub first_seen: Option<Timestamp>,
    /// Time of the latest event, if it is known.
    pub last_seen: Option<Timestamp>,
    /// ATT&CK technique ids.
    pub techniques: Vec<String>,
    /// Hosts in scope.
    pub hosts: Vec<String>,
    /// Accounts in scope.
    pub principals: Vec<String>,
    /// Whether it was an exercise.
    pub exercise: bool,
    /// What users of there are called that the pieces name.
    pub people: BTreeMap<UserId, Line>,
    /// What was done, in order; each number once, and after those that it names.
    pub pieces: Vec<CarriedPiece>,
    /// What could not be carried over, for a reader.
    pub left_out: Vec<String>,
}

/// A piece of work as it was elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct CarriedPiece {
    /// Its number there: what later pieces call what this one made.
    pub number: u64,
    /// When it was done there.
    pub at: Timestamp,
    /// By whom.
    pub by: Line,
    /// What.
    pub what: CarriedFact,
}

/// What can be carried over.
#[derive(Debug, Clone, PartialEq)]
pub enum CarriedFact {
    /// Work.
    Work(WorkFact),
    /// Something on the timeline.
    Timeline(TimelineFact),
    /// How far work was, and why.
    Status(Status, String),
}

/// What the body of an entry of kind [`CARRIED`] says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Body {
    /// Number of the piece there.
    number: u64,
    at: Timestamp,
    by: Line,
    kind: String,
    body: Value,
}

/// A piece that can be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// Whether it belongs in the stream of the timeline, not of the incident.
    pub on_timeline: bool,
    piece: Body,
}

/// An incident from elsewhere as it can be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Acceptance {
    /// What can be written, in order.
    pub accepted: Vec<Accepted>,
    /// What cannot, for a reader.
    pub left_out: Vec<String>,
}

impl CarriedIncident {
    /// Decides on all pieces, one after the other, as if they were done here; those that are refused are named.
    #[must_use]
    pub fn decide(&self, incident: &Incident, handbook: &Handbook) -> Acceptance {
        let mut there =
            There { incident: incident.clone(), work: Work::default(), moments: BTreeSet::new(), carried: self };
        let mut accepted = Vec::new();
        let mut left_out = self.left_out.clone();
        let (mut numbers, mut undone) = (BTreeSet::new(), 0);
        for piece in &self.pieces {
            if accepted.len() >= PIECES_MAX || left_out.len() >= LEFT_OUT_MAX {
                left_out.push(format!("everything after #{}", piece.number));
                break;
            }
            undone += usize::from(matches!(piece.what, CarriedFact::Work(WorkFact::Undo(_))));
            let taken = if undone > UNDONE_MAX {
                Err(format!("more than {UNDONE_MAX} pieces take something back"))
            } else if piece.number > ItemId::MAX || !numbers.insert(piece.number) {
                Err("its number is not its own".to_owned())
            } else {
                there.take(handbook, piece)
            };
            match taken {
                Ok(one) => accepted.push(one),
                Err(reason) => left_out.push(format!("#{} of {}: {reason}", piece.number, piece.by)),
            }
        }
        Acceptance { accepted, left_out }
    }
}

/// Bytes that pieces of an incident name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedThere {
    /// Number of the piece that names them.
    pub number: u64,
    /// Their SHA-256, in hex.
    pub sha256: String,
    /// How many they are; none for a report.
    pub size_bytes: Option<u64>,
    /// Whether they are evidence, or else a report.
    pub is_evidence: bool,
}

impl Acceptance {
    /// Everything that is named by what can be written and was not removed there.
    #[must_use]
    pub fn sealed(&self) -> Vec<SealedThere> {
        let mut sealed: BTreeMap<u64, SealedThere> = BTreeMap::new();
        for Accepted { piece, .. } in &self.accepted {
            match WorkFact::read(&piece.kind, &piece.body) {
                Ok(WorkFact::Evidence(EvidenceFact::Sealed { sha256, size_bytes, .. })) => {
                    let (number, sha256) = (piece.number, sha256.as_str().to_owned());
                    sealed.insert(
                        number,
                        SealedThere { number, sha256, size_bytes: Some(size_bytes), is_evidence: true },
                    );
                }
                Ok(WorkFact::Review(ReviewFact::Issued { sha256, .. })) => {
                    let (number, sha256) = (piece.number, sha256.as_str().to_owned());
                    sealed.insert(number, SealedThere { number, sha256, size_bytes: None, is_evidence: false });
                }
                Ok(WorkFact::Evidence(
                    EvidenceFact::Redacted { evidence, .. } | EvidenceFact::Released { evidence, .. },
                )) => {
                    sealed.remove(&evidence.0);
                }
                _ => {}
            }
        }
        sealed.into_values().collect()
    }

    /// Bodies of the entries of kind [`CARRIED`], if the first of them gets this number in the ledger and no other entry
    /// comes between them: what was called by its number there is called by its number here.
    #[must_use]
    pub fn bodies(&self, first: u64, program: &Line) -> Vec<Value> {
        let here: BTreeMap<u64, u64> = self.accepted.iter().map(|one| one.piece.number).zip(first..).collect();
        let body = |one: &Accepted| {
            let mut piece = one.piece.clone();
            translate(&mut piece.body, &here, program);
            json!(piece)
        };
        self.accepted.iter().map(body).collect()
    }
}

/// An entry as it was where it comes from: time, actor, kind and body of there for one that was carried over, itself for
/// any other.
#[must_use]
pub fn original(entry: &LedgerEntry) -> Cow<'_, LedgerEntry> {
    if entry.kind != CARRIED {
        return Cow::Borrowed(entry);
    }
    let Ok(there) = serde_json::from_value::<Body>(entry.body.clone()) else { return Cow::Borrowed(entry) };
    let actor = format!("{ELSEWHERE}{}", there.by);
    Cow::Owned(LedgerEntry { at: there.at, actor, kind: there.kind, body: there.body, ..entry.clone() })
}

/// The incident as far as it has been carried over.
struct There<'a> {
    incident: Incident,
    work: Work,
    /// Items of the timeline that hold.
    moments: BTreeSet<u64>,
    carried: &'a CarriedIncident,
}

impl There<'_> {
    fn take(&mut self, handbook: &Handbook, piece: &CarriedPiece) -> Result<Accepted, String> {
        let (kind, body) = match &piece.what {
            CarriedFact::Work(fact) => {
                let desk = Desk { incident: &self.incident, handbook, now: piece.at };
                let fact =
                    self.work.decide(&desk, self.renamed(fact.clone())).map_err(|refusal| refusal.to_string())?;
                let parts = fact.parts();
                let stamp = Stamp { entry: piece.number, at: piece.at, actor: format!("{ELSEWHERE}{}", piece.by) };
                self.work.apply(stamp, fact);
                parts
            }
            CarriedFact::Timeline(fact) => {
                self.take_moment(piece.number, fact)?;
                fact.parts()
            }
            CarriedFact::Status(status, reason) => {
                let reason =
                    if reason.trim().is_empty() { format!("as in {}", self.carried.program) } else { reason.clone() };
                let fact = match *status == self.incident.status {
                    // It begins as open here; that somebody took it on there, and when, is kept all the same.
                    true => IncidentFact::StatusChanged { status: *status, reason },
                    false => {
                        let command = crate::IncidentCommand::ChangeStatus(*status, reason);
                        self.incident.decide(command).map_err(|refusal| refusal.to_string())?
                    }
                };
                let parts = fact.parts();
                self.incident.apply(fact);
                parts
            }
        };
        let on_timeline = matches!(piece.what, CarriedFact::Timeline(_));
        let piece = Body { number: piece.number, at: piece.at, by: piece.by.clone(), kind, body };
        Ok(Accepted { on_timeline, piece })
    }

    /// Names of users there are no users here.
    fn renamed(&self, mut fact: WorkFact) -> WorkFact {
        let user = match &mut fact {
            WorkFact::Role(RoleFact::Given { to: user, .. } | RoleFact::Left { user, .. })
            | WorkFact::Review(ReviewFact::Owned { owner: user, .. })
            | WorkFact::Inquiry(InquiryFact::Asked { to: Some(user), .. })
            | WorkFact::Task(TaskFact::Set { assignee: Some(user), .. } | TaskFact::Assigned { to: Some(user), .. }) => {
                user
            }
            _ => return fact,
        };
        if !user.as_str().starts_with(ELSEWHERE) {
            let name = self.carried.people.get(user).map_or(user.as_str(), |name| name.as_str());
            *user = UserId::new(format!("{ELSEWHERE}{name}"));
        }
        fact
    }

    fn take_moment(&mut self, number: u64, fact: &TimelineFact) -> Result<(), String> {
        let known = |id: &ItemId| match self.moments.contains(&id.0) {
            true => Ok(()),
            false => Err(format!("there is no item {id} on the timeline")),
        };
        match fact {
            TimelineFact::Added { item } => {
                item.parent.as_ref().map_or(Ok(()), known)?;
                self.moments.insert(number);
            }
            TimelineFact::Changed { id, item, .. } => {
                known(id)?;
                item.parent.as_ref().map_or(Ok(()), known)?;
            }
            TimelineFact::Removed { id, .. } => {
                known(id)?;
                self.moments.remove(&id.0);
            }
        }
        Ok(())
    }
}

/// Ids of items as they are here; what cannot be looked up here is named as something elsewhere.
fn translate(value: &mut Value, here: &BTreeMap<u64, u64>, program: &Line) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| translate(item, here, program)),
        Value::Object(object) => {
            if let Some(text) = foreign(object, here) {
                *object = serde_json::Map::from_iter([(
                    "elsewhere".to_owned(),
                    json!(Line::shortened(&format!("{text} of {program}"))),
                )]);
                return;
            }
            for (key, value) in object.iter_mut() {
                match value.as_u64().and_then(|number| here.get(&number)) {
                    Some(number) if ITEM_KEYS.contains(&key.as_str()) => *value = json!(number),
                    _ => translate(value, here, program),
                }
            }
        }
        _ => {}
    }
}

/// What a reference names, if that is not here.
fn foreign(object: &serde_json::Map<String, Value>, here: &BTreeMap<u64, u64>) -> Option<String> {
    let (key, value) = object.iter().next().filter(|_| object.len() == 1)?;
    match (key.as_str(), value) {
        ("event" | "alert", Value::String(id)) => Some(format!("{key} {id}")),
        ("entry", Value::Number(number)) if number.as_u64().is_none_or(|number| !here.contains_key(&number)) => {
            Some(format!("entry #{number}"))
        }
        _ => None,
    }
}
