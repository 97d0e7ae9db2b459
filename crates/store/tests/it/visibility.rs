//! Who sees what: every viewer against every kind of incident and alert, for lists, counts, single reads and search.

use std::collections::BTreeSet;

use quell_incident::IncidentFact;
use quell_model::{AlertId, IncidentId, TeamId, UserId, Viewer};
use quell_store::{AlertFilter, IncidentFilter, PageQuery, Sort};

use crate::harness::{Bench, alert, at, incident, opened, outputs, source, team, told, viewer};

on_both!(the_matrix, sources_of_others);

/// Incident, team, members and source. Sources: `open` is everybody's, `red` and `blue` belong to those teams.
type Case = (&'static str, Option<&'static str>, Option<&'static [&'static str]>, &'static str);
const INCIDENTS: [Case; 9] = [
    ("inc-01", None, None, "open"),
    ("inc-02", None, None, "red"),
    ("inc-03", None, None, "blue"),
    ("inc-04", Some("red"), None, "open"),
    ("inc-05", Some("red"), None, "blue"),
    ("inc-06", None, Some(&["usr-a"]), "open"),
    ("inc-07", Some("red"), Some(&["usr-b"]), "red"),
    ("inc-08", Some("blue"), Some(&["usr-a", "usr-b"]), "blue"),
    ("inc-09", None, None, "never-configured"),
];

/// The rule in plain words.
fn sees(viewer: &Viewer, team: Option<&str>, members: Option<&[&str]>, source: &str) -> bool {
    let Viewer::User { user, teams } = viewer else { return true };
    let in_team = |team: &str| teams.iter().any(|own| own.as_str() == team);
    match (members, team) {
        (Some(members), _) => members.contains(&user.as_str()),
        (None, Some(team)) => in_team(team),
        (None, None) => sees_source(viewer, source),
    }
}

fn sees_source(viewer: &Viewer, source: &str) -> bool {
    let Viewer::User { teams, .. } = viewer else { return true };
    !matches!(source, "red" | "blue") || teams.iter().any(|own| own.as_str() == source)
}

fn viewers() -> Vec<Viewer> {
    let mut all = vec![Viewer::System];
    for user in ["usr-a", "usr-b", "usr-c"] {
        for teams in [&[][..], &["red"], &["blue"], &["red", "blue"]] {
            all.push(viewer(user, teams));
        }
    }
    all
}

async fn fill(bench: &Bench) {
    let mut entries = vec![team("red", "Red"), team("blue", "Blue"), source("open", None)];
    entries.extend([source("red", Some("red")), source("blue", Some("blue"))]);
    let mut alerts = Vec::new();
    for (number, (id, team, members, source)) in (1..).zip(INCIDENTS) {
        let mut tell = told("Intrusion", &[&format!("grp-{number}")]);
        tell.sources = vec![source.to_owned()];
        entries.push(opened(id, tell));
        if let Some(team) = team {
            entries.push(incident(id, &IncidentFact::TeamChanged { team: Some(TeamId::new(team)) }));
        }
        if let Some(members) = members {
            let members: BTreeSet<UserId> = members.iter().map(|user| UserId::new(*user)).collect();
            entries.push(incident(id, &IncidentFact::Restricted { members }));
        }
        alerts.push(alert(number, &format!("grp-{number}"), source));
        // One of another source in the same incident, and one apart.
        alerts.push(alert(100 + number, &format!("grp-{number}"), "open"));
        alerts.push(alert(200 + number, "grp-apart", source));
    }
    bench.store.append(at(1), entries).await.unwrap();
    assert_eq!(bench.store.commit(at(2), &outputs(1, alerts)).await.unwrap(), 27);
}

async fn the_matrix(bench: Bench) {
    fill(&bench).await;
    for viewer in viewers() {
        let expected = |(_, team, members, source): &&(&str, _, _, &str)| sees(&viewer, *team, *members, source);
        let incidents: BTreeSet<&str> = INCIDENTS.iter().filter(expected).map(|incident| incident.0).collect();
        let mut alerts = BTreeSet::new();
        for (number, (_, team, members, source)) in (1..).zip(INCIDENTS) {
            let incident = sees(&viewer, team, members, source);
            alerts.extend((incident && sees_source(&viewer, source)).then(|| alert(number, "", "").id));
            alerts.extend(incident.then(|| alert(100 + number, "", "").id));
            alerts.extend(sees_source(&viewer, source).then(|| alert(200 + number, "", "").id));
        }
        incidents_are(&bench, &viewer, &incidents).await;
        alerts_are(&bench, &viewer, &alerts).await;
    }
    assert!(
        !sees(&viewer("usr-a", &["red"]), Some("red"), Some(&["usr-b"]), "red"),
        "the rule itself keeps members apart"
    );
}

async fn incidents_are(bench: &Bench, viewer: &Viewer, expected: &BTreeSet<&str>) {
    let store = &bench.store;
    for text in [None, Some("intrusion".to_owned())] {
        let filter = IncidentFilter { text, ..IncidentFilter::default() };
        for sort in [Sort::Newest, Sort::Severity] {
            let page = PageQuery { limit: 100, cursor: None, sort };
            let found = store.incidents(viewer, &filter, &page).await.unwrap().items;
            let found: BTreeSet<&str> = found.iter().map(|incident| incident.id.as_str()).collect();
            assert_eq!(found, *expected, "{viewer:?}");
        }
        assert_eq!(store.count_incidents(viewer, &filter).await.unwrap().total, expected.len() as u64, "{viewer:?}");
    }
    for (id, ..) in INCIDENTS {
        let seen = expected.contains(id);
        let id = IncidentId::new(id);
        assert_eq!(store.incident(viewer, &id).await.unwrap().is_some(), seen, "{viewer:?} {id}");
        assert_eq!(store.incident_state(viewer, &id, None).await.unwrap().is_some(), seen, "{viewer:?} {id}");
        assert_eq!(store.incident_state(viewer, &id, Some(at(9))).await.unwrap().is_some(), seen, "{viewer:?} {id}");
    }
}

async fn alerts_are(bench: &Bench, viewer: &Viewer, expected: &BTreeSet<AlertId>) {
    let store = &bench.store;
    for text in [None, Some("stoplogging".to_owned())] {
        let filter = AlertFilter { text, ..AlertFilter::default() };
        for sort in [Sort::Newest, Sort::Severity] {
            let page = PageQuery { limit: 100, cursor: None, sort };
            let found = store.alerts(viewer, &filter, &page).await.unwrap().items;
            let found: BTreeSet<AlertId> = found.into_iter().map(|alert| alert.id).collect();
            assert_eq!(found, *expected, "{viewer:?}");
        }
        assert_eq!(store.count_alerts(viewer, &filter).await.unwrap().total, expected.len() as u64, "{viewer:?}");
    }
    let all: Vec<AlertId> = (1..=9).flat_map(|n| [n, 100 + n, 200 + n]).map(|n| alert(n, "", "").id).collect();
    for id in &all {
        assert_eq!(store.alert(viewer, id).await.unwrap().is_some(), expected.contains(id), "{viewer:?} {id}");
    }
    let found = store.alert_versions(viewer, &all).await.unwrap();
    assert_eq!(found.into_iter().map(|(id, _)| id).collect::<BTreeSet<_>>(), *expected, "{viewer:?}");
}

async fn sources_of_others(bench: Bench) {
    fill(&bench).await;
    let names = async |viewer: &Viewer| {
        let rows = bench.store.sources(viewer).await.unwrap();
        rows.into_iter().map(|row| row.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&viewer("usr-a", &["red"])).await, ["never-configured", "open", "red"]);
    assert_eq!(names(&viewer("usr-a", &[])).await, ["never-configured", "open"]);
    assert_eq!(names(&Viewer::System).await, ["blue", "never-configured", "open", "red"]);
    assert_eq!(bench.store.hidden_sources(&viewer("usr-a", &["red"])).await.unwrap(), ["blue"]);
    assert_eq!(bench.store.hidden_sources(&viewer("usr-a", &[])).await.unwrap(), ["blue", "red"]);
    assert!(bench.store.hidden_sources(&Viewer::System).await.unwrap().is_empty());
    // Whoever breaks the glass of a restricted incident sees it; where nothing is restricted, nobody becomes a member.
    let by = UserId::new("usr-c");
    let broken = IncidentFact::GlassBroken { by, reason: "on call".to_owned() };
    bench.store.append(at(3), vec![incident("inc-07", &broken), incident("inc-04", &broken)]).await.unwrap();
    let see =
        async |id: &str| bench.store.incident(&viewer("usr-c", &[]), &IncidentId::new(id)).await.unwrap().is_some();
    assert_eq!((see("inc-07").await, see("inc-04").await), (true, false));
    bench.store.append(at(4), vec![incident("inc-07", &IncidentFact::Unrestricted)]).await.unwrap();
    assert!(!see("inc-07").await, "it belongs to a team");
}
