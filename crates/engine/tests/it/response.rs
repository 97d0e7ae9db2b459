//! The response to a demo scenario, from the first look to the last lesson: every word of it may be said at its time, every gate
//! is open in the end under every framework, and every requirement of incident response has its place.

use std::collections::BTreeMap;

use quell_content::handbook::handbook;
use quell_content::scenario::RenderOptions;
use quell_engine::{Answered, KnowledgeBuilder};
use quell_incident::carried::{CARRIED, original};
use quell_incident::gate::{self, ActivityState, Gate, Surroundings};
use quell_incident::timeline::{MomentKind, TimelineFact};
use quell_incident::work::{Stamp, Work, WorkFact};
use quell_incident::{Fact, Incident, IncidentFact, Origin, Status, Told, deadline};
use quell_model::handbook::Handbook;
use quell_model::{LedgerEntry, Timestamp};

const NAME: &str = "host-phishing-lateral";

fn answered() -> Answered {
    let mut builder = KnowledgeBuilder::new().unwrap();
    builder.own_rules();
    let start = "2026-10-05T08:00:00Z".parse().unwrap();
    let options = RenderOptions { seed: 1, background_ratio: 5, start };
    builder.build().unwrap().answered(NAME, &options).unwrap().unwrap()
}

fn reported(answered: &Answered) -> Incident {
    let carried = &answered.carried;
    let told = Told {
        title: carried.title.to_string(),
        severity: carried.severity,
        first_seen: carried.first_seen,
        last_seen: carried.last_seen,
        techniques: carried.techniques.clone(),
        hosts: carried.hosts.clone(),
        principals: carried.principals.clone(),
        groups: Vec::new(),
        alerts: 0,
        sources: Vec::new(),
        story: String::new(),
    };
    let (program, id, opened_at) = (carried.program.clone(), carried.id.clone(), carried.opened_at);
    let origin = Origin::Elsewhere { program, id, opened_at };
    Incident::begin(IncidentFact::Reported { told, origin, exercise: false, reason: "demo".to_owned() }).unwrap()
}

/// What the ledger would say of it: the incident, the work, the kinds of moments on its timeline.
fn folded(answered: &Answered, handbook: &Handbook) -> (Incident, Work, Vec<MomentKind>) {
    let mut incident = reported(answered);
    let acceptance = answered.carried.decide(&incident, handbook);
    assert_eq!(acceptance.left_out, Vec::<String>::new(), "something in the response cannot be said");
    let (mut work, mut moments) = (Work::default(), Vec::new());
    for (seq, body) in (100..).zip(acceptance.bodies(100, &answered.carried.program)) {
        let entry = LedgerEntry {
            seq,
            stream: String::new(),
            version: 0,
            at: Timestamp::UNIX_EPOCH,
            actor: "quell".to_owned(),
            kind: CARRIED.to_owned(),
            body,
            hash: String::new(),
        };
        let entry = original(&entry);
        if let Ok(fact) = IncidentFact::read(&entry.kind, &entry.body) {
            incident.apply(fact);
        } else if let Ok(TimelineFact::Added { item }) = TimelineFact::read(&entry.kind, &entry.body) {
            moments.push(item.kind);
        } else {
            let fact = WorkFact::read(&entry.kind, &entry.body).unwrap();
            moments.extend(quell_incident::timeline::moment(&fact).map(|(kind, _)| kind));
            work.apply(Stamp::of(&entry), fact);
        }
    }
    (incident, work, moments)
}

fn deadlines(handbook: &Handbook, work: &Work, now: Timestamp) -> Vec<deadline::Deadline> {
    let zone = jiff::tz::TimeZone::UTC;
    let calendar = deadline::Calendar { zone, holidays: BTreeMap::new() };
    deadline::deadlines(&handbook.regimes, &work.clocks, &calendar, now)
}

#[test]
fn a_finished_demo_incident_opens_every_gate_and_meets_every_requirement() {
    let (answered, handbook) = (answered(), handbook().unwrap());
    let (incident, work, moments) = folded(&answered, &handbook);
    assert_eq!(incident.status, Status::Resolved);
    let count = |wanted: &[MomentKind]| moments.iter().filter(|kind| wanted.contains(kind)).count() as u64;
    let around = Surroundings {
        alerts_undecided: 0,
        findings: count(&[MomentKind::Event, MomentKind::Finding]),
        decisions: count(&[MomentKind::Decision]),
        regimes: vec!["gdpr-33".to_owned()],
        deadlines: deadlines(&handbook, &work, answered.carried.pieces.last().unwrap().at),
    };
    let states = gate::assess(&handbook, &incident, &work, &around);
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for framework in &handbook.process.frameworks {
        let view = gate::view(&handbook.process, framework, &states);
        for phase in &view.phases {
            assert!(matches!(phase.gate, Gate::Open | Gate::Organisation), "{} {}: {phase:#?}", framework.id, phase.id);
            for activity in &phase.activities {
                places.entry(activity.id).or_default().push(phase.name.to_owned());
            }
        }
    }
    for number in 1..=34 {
        let requirement = format!("R{number}");
        let meeting: Vec<_> =
            handbook.process.activities.iter().filter(|it| it.requirements.contains(&requirement)).collect();
        assert!(!meeting.is_empty(), "{requirement} has no place");
        for activity in meeting {
            let state = match &states[&activity.id] {
                ActivityState::Organisation => "later part: preparation".to_owned(),
                ActivityState::Done { entries } => format!("done, {} entries", entries.len()),
                ActivityState::Waived { stamp, .. } => format!("waived by {}", stamp.actor),
                ActivityState::Open { missing, .. } if activity.required => panic!("{}: {missing:?}", activity.id),
                ActivityState::Open { .. } => "open, not required".to_owned(),
            };
            let phases = &places[activity.id.as_str()];
            assert!(phases.len() >= handbook.process.frameworks.len(), "{} has no place somewhere", activity.id);
            println!("{requirement:<4} {:<26} {state:<34} {}", activity.id, phases.join(" | "));
        }
    }
}

#[test]
fn what_is_sealed_is_what_its_entries_name() {
    let answered = answered();
    let hashes: Vec<String> = answered.sealed.iter().map(|bytes| sha256(bytes)).collect();
    let named = answered.carried.pieces.iter().filter_map(|piece| match &piece.what {
        quell_incident::carried::CarriedFact::Work(fact) => fact.parts().1["sha256"].as_str().map(str::to_owned),
        _ => None,
    });
    assert_eq!(named.collect::<Vec<_>>(), hashes);
    assert!(hashes.len() > 10);
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    quell_model::hex::encode(&sha2::Sha256::digest(bytes))
}
