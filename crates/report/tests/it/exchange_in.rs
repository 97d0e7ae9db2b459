//! Cases of other programs become incidents: everything that they say arrives, in the order of time; what cannot is
//! counted; nothing that they say makes a reader panic. The fixtures are made up, in the form of TheHive 5 and of
//! DFIR-IRIS 2.4.

mod decided;
mod hostile;
mod iris;
mod limits;
mod silence;
mod thehive;

use std::collections::{BTreeMap, BTreeSet};

use quell_incident::carried::{CarriedFact, CarriedIncident, CarriedPiece};
use quell_incident::timeline::TimelineFact;
use quell_incident::work::{EntityFact, EntityName, NoteFact, TaskFact, WorkFact};
use quell_model::Timestamp;
use quell_report::{ExchangeError, from_iris, from_thehive};
use serde_json::Value;

type Read = fn(&Value) -> Result<CarriedIncident, ExchangeError>;

/// Each program: its name, what reads it, a whole case.
const PROGRAMS: [(&str, Read, &str); 2] = [
    ("TheHive", from_thehive, include_str!("data/thehive-case.json")),
    ("DFIR-IRIS", from_iris, include_str!("data/iris-case.json")),
];

fn thehive_case() -> Value {
    serde_json::from_str(PROGRAMS[0].2).unwrap()
}

fn iris_case() -> Value {
    serde_json::from_str(PROGRAMS[1].2).unwrap()
}

/// `2026-03-02T08:30:00Z mara@example.com: task “…”`
fn shown(piece: &CarriedPiece) -> String {
    format!("{} {}: {}", piece.at, piece.by, told(piece))
}

fn told(piece: &CarriedPiece) -> String {
    match &piece.what {
        CarriedFact::Status(status, reason) => format!("status {}, {reason}", status.as_str()),
        CarriedFact::Timeline(TimelineFact::Added { item }) => {
            format!("{} of {}, {}", item.kind.as_str(), item.at, item.title)
        }
        CarriedFact::Work(WorkFact::Note(NoteFact::Written { text })) => {
            format!("note {}", text.as_str().lines().next().unwrap_or_default().trim_matches('*'))
        }
        CarriedFact::Work(WorkFact::Task(fact)) => told_task(fact),
        CarriedFact::Work(WorkFact::Entity(EntityFact::Added { entity, .. })) => format!("scope {entity}"),
        CarriedFact::Work(WorkFact::Entity(EntityFact::Judged { entity, verdict, .. })) => {
            format!("judged {entity}, {verdict:?}")
        }
        other => format!("{other:?}"),
    }
}

fn told_task(fact: &TaskFact) -> String {
    match fact {
        TaskFact::Set { title, assignee, due_at, .. } => {
            let whose = assignee.as_ref().map(|user| format!(", {}", user.as_str())).unwrap_or_default();
            let due = due_at.map(|due_at| format!(", until {due_at}")).unwrap_or_default();
            format!("task {title}{whose}{due}")
        }
        TaskFact::Done { task, result } => format!("done {task}, {}", result.as_str()),
        TaskFact::Dropped { task, reason } => format!("dropped {task}, {}", reason.as_str()),
        other => format!("{other:?}"),
    }
}

/// What a piece says at length.
fn text(piece: &CarriedPiece) -> &str {
    match &piece.what {
        CarriedFact::Status(_, reason) => reason,
        CarriedFact::Timeline(TimelineFact::Added { item }) => item.text.as_ref().map_or("", |text| text.as_str()),
        CarriedFact::Work(WorkFact::Note(NoteFact::Written { text })) => text.as_str(),
        CarriedFact::Work(WorkFact::Entity(EntityFact::Added { reason, .. } | EntityFact::Judged { reason, .. })) => {
            reason.as_str()
        }
        _ => "",
    }
}

fn check_pieces(carried: &CarriedIncident, expected: &[&str]) {
    let pieces: Vec<String> = carried.pieces.iter().map(shown).collect();
    assert_eq!(pieces, expected);
    check_order(carried);
}

/// Each row is a piece, and words of its text.
fn check_texts(carried: &CarriedIncident, expected: &[(&str, &[&str])]) {
    for (piece, words) in expected {
        let found = carried.pieces.iter().find(|known| told(known) == *piece);
        let found = found.map(text);
        assert!(found.is_some(), "there is no {piece}");
        for words in *words {
            assert!(found.unwrap().contains(words), "{piece} lacks {words:?}: {}", found.unwrap());
        }
    }
}

fn check_left_out(carried: &CarriedIncident, expected: &[&str]) {
    assert_eq!(carried.left_out, expected);
}

/// Numbers are those of the order, times do not go back, and what names another piece comes after it.
fn check_order(carried: &CarriedIncident) {
    let mut latest: Option<Timestamp> = None;
    let mut tasks: BTreeMap<u64, bool> = BTreeMap::new();
    let mut scope: BTreeSet<&EntityName> = BTreeSet::new();
    for (piece, number) in carried.pieces.iter().zip(1..) {
        assert_eq!(piece.number, number, "{}", shown(piece));
        match &piece.what {
            CarriedFact::Work(WorkFact::Task(TaskFact::Set { .. })) => {
                tasks.insert(number, true);
            }
            CarriedFact::Work(WorkFact::Task(TaskFact::Done { task, .. } | TaskFact::Dropped { task, .. })) => {
                let open = tasks.insert(task.0, false);
                assert_eq!(open, Some(true), "{} ends no task that is open", shown(piece));
                continue;
            }
            CarriedFact::Work(WorkFact::Entity(EntityFact::Added { entity, .. })) => {
                assert!(scope.insert(entity), "{} comes twice", shown(piece));
            }
            CarriedFact::Work(WorkFact::Entity(EntityFact::Judged { entity, .. })) => {
                assert!(scope.contains(entity), "{} comes too early", shown(piece));
                continue;
            }
            // It may have been closed before it was opened, by what is said there.
            CarriedFact::Status(..) => continue,
            _ => {}
        }
        assert!(latest <= Some(piece.at), "{} stands after {latest:?}", shown(piece));
        latest = Some(piece.at);
    }
}
