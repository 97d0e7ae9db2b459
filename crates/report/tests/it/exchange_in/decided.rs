//! What was carried over is decided on as everything else is: nothing of a case is refused but what is so already.

use quell_incident::carried::{Acceptance, CarriedIncident};
use quell_incident::timeline::TimelineFact;
use quell_incident::work::{Stamp, Verdict, Work, WorkFact};
use quell_incident::{Fact, Incident, IncidentFact, Origin, Status, Told};
use quell_model::handbook::{CommunicationPlan, Handbook, ScoreSheet, VerisTerms};
use quell_model::process::Process;
use serde_json::Value;

use super::{PROGRAMS, shown};

/// Number of the first entry here.
const FIRST: u64 = 1_000;

/// A handbook in which nothing stands: what is carried over may not rest on any.
fn handbook() -> Handbook {
    let nothing = String::new;
    Handbook {
        process: Process { activities: vec![], frameworks: vec![] },
        criteria: vec![],
        sheet: ScoreSheet { publisher: nothing(), note: nothing(), categories: vec![], levels: vec![] },
        rsit: vec![],
        veris: VerisTerms {
            version: nothing(),
            actors: vec![],
            actions: vec![],
            assets: vec![],
            attributes: vec![],
            discovery_methods: vec![],
            security_incident: vec![],
        },
        regimes: vec![],
        plan: CommunicationPlan { note: nothing(), severities: vec![] },
        templates: vec![],
        collection: vec![],
    }
}

/// The incident as it begins here.
fn begun(carried: &CarriedIncident) -> Incident {
    let told = Told {
        title: carried.title.to_string(),
        severity: carried.severity,
        first_seen: carried.first_seen,
        last_seen: carried.last_seen,
        techniques: carried.techniques.clone(),
        hosts: carried.hosts.clone(),
        principals: carried.principals.clone(),
        groups: vec![],
        alerts: 0,
        sources: vec![],
        story: String::new(),
    };
    let (program, id, opened_at) = (carried.program.clone(), carried.id.clone(), carried.opened_at);
    let origin = Origin::Elsewhere { program, id, opened_at };
    let fact = IncidentFact::Reported { told, origin, exercise: carried.exercise, reason: "carried over".to_owned() };
    Incident::begin(fact).unwrap()
}

pub(super) fn decided(carried: &CarriedIncident) -> Acceptance {
    carried.decide(&begun(carried), &handbook())
}

/// Work, moments of the timeline and status, as the entries make them.
fn written(carried: &CarriedIncident) -> (Work, usize, Status) {
    let acceptance = decided(carried);
    let (mut work, mut moments, mut incident) = (Work::default(), 0, begun(carried));
    let bodies = acceptance.bodies(FIRST, &carried.program);
    for ((body, accepted), entry) in bodies.iter().zip(&acceptance.accepted).zip(FIRST..) {
        let (kind, inner) = (body["kind"].as_str().unwrap(), &body["body"]);
        if accepted.on_timeline {
            TimelineFact::read(kind, inner).unwrap();
            moments += 1;
        } else if let Ok(fact) = IncidentFact::read(kind, inner) {
            incident.apply(fact);
        } else {
            let at = body["at"].as_str().unwrap().parse().unwrap();
            let actor = body["by"].as_str().unwrap().to_owned();
            work.apply(Stamp { entry, at, actor }, WorkFact::read(kind, inner).unwrap());
        }
    }
    (work, moments, incident.status)
}

#[test]
fn nothing_is_refused() {
    for (program, read, export) in PROGRAMS {
        let carried = read(&serde_json::from_str(export).unwrap()).unwrap();
        // An incident from elsewhere is open here from its beginning; when work on it began there is kept all the same.
        let opened = carried.pieces.iter().filter(|piece| shown(piece).contains(": status open, ")).count();
        assert_eq!(opened, usize::from(program == "TheHive"));
        let acceptance = decided(&carried);
        assert_eq!(acceptance.left_out, carried.left_out, "{program}");
        assert_eq!(acceptance.accepted.len(), carried.pieces.len(), "{program}");
    }
}

#[test]
fn what_is_written_makes_the_work_that_was_done_there() {
    // Tasks, how many of them were done and dropped; entities, how many affected and ruled out; notes; moments.
    let expected = [("TheHive", [4, 1, 1], [7, 0, 0], 13, 5), ("DFIR-IRIS", [4, 1, 1], [7, 2, 1], 11, 3)];
    for ((program, read, export), (name, tasks, entities, notes, moments)) in PROGRAMS.into_iter().zip(expected) {
        let carried = read(&serde_json::from_str(export).unwrap()).unwrap();
        let (work, found, status) = written(&carried);
        let ended =
            |done: bool| work.tasks.iter().filter(|task| task.end.as_ref().is_some_and(|end| end.done == done)).count();
        let judged = |verdict: Verdict| {
            work.entities.iter().filter(|work| work.judged.as_ref().is_some_and(|it| it.verdict == verdict)).count()
        };
        assert_eq!(program, name);
        assert_eq!([work.tasks.iter().count(), ended(true), ended(false)], tasks, "{name}");
        let all = work.entities.iter().count();
        assert_eq!([all, judged(Verdict::Affected), judged(Verdict::RuledOut)], entities, "{name}");
        assert_eq!((work.notes.iter().count(), found, status), (notes, moments, Status::Resolved), "{name}");
    }
}

#[test]
fn people_from_elsewhere_are_none_of_here() {
    let expected: [&[Option<&str>]; 2] = [
        &[Some("elsewhere:noor@example.com"), None, None, Some("elsewhere:mara@example.com")],
        &[Some("elsewhere:Lena Ortiz"), Some("elsewhere:Omar Haddad"), Some("elsewhere:Lena Ortiz"), None],
    ];
    for ((program, read, export), expected) in PROGRAMS.into_iter().zip(expected) {
        let (work, ..) = written(&read(&serde_json::from_str(export).unwrap()).unwrap());
        let assignees: Vec<Option<&str>> =
            work.tasks.iter().map(|task| task.assignee.as_ref().map(|user| user.as_str())).collect();
        assert_eq!(assignees, expected, "{program}");
    }
}

#[test]
fn the_end_of_a_task_names_it_by_its_number_of_here() {
    for (program, read, export) in PROGRAMS {
        let carried = read(&serde_json::from_str(export).unwrap()).unwrap();
        let bodies = decided(&carried).bodies(FIRST, &carried.program);
        let ends: Vec<&Value> = bodies.iter().filter(|body| body["body"].get("task").is_some()).collect();
        assert_eq!(ends.len(), 2, "{program}");
        for end in ends {
            let named = usize::try_from(end["body"]["task"].as_u64().unwrap() - FIRST).unwrap();
            assert_eq!(bodies[named]["kind"], "task.set", "{program}: {end}");
        }
    }
}

#[test]
fn a_number_that_comes_twice_is_refused() {
    for (program, read, export) in PROGRAMS {
        let mut carried = read(&serde_json::from_str(export).unwrap()).unwrap();
        let before = decided(&carried);
        let twice = carried.pieces[0].clone();
        let refused = format!("#{} of {}: its number is not its own", twice.number, twice.by);
        carried.pieces.push(twice);
        let after = decided(&carried);
        assert_eq!(after.accepted, before.accepted, "{program}");
        assert_eq!(after.left_out.last(), Some(&refused), "{program}");
    }
}
