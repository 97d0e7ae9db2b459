//! What people say about incidents beside the work: the directory, tuning, entities over all incidents, what is in common; each in
//! the eyes of who asks.

use std::collections::BTreeSet;

use quell_incident::similar::TraitKind;
use quell_incident::work::Verdict;
use quell_incident::{IncidentFact, StakeholderFact, TuningState};
use quell_model::{EntityKind, IncidentId, UserId, Viewer};

use crate::harness::{
    Bench, accepted, alert, at, incident, judged, moved, new, opened, outputs, proposed, source, stakeholder, told,
    viewer,
};

on_both!(
    the_directory,
    proposals,
    words_about_entities,
    what_is_in_common,
    alerts_stay_where_people_put_them,
    whoever_moves_a_group_sees_all_of_it
);

async fn the_directory(bench: Bench) {
    let store = &bench.store;
    store.append(at(1), vec![stakeholder("stk-2", "Zoe"), stakeholder("stk-1", "Ada")]).await.unwrap();
    store
        .append(
            at(2),
            vec![stakeholder("stk-2", "Bea"), new("stakeholder/stk-1".to_owned(), &StakeholderFact::Removed)],
        )
        .await
        .unwrap();
    let listed = store.stakeholders().await.unwrap();
    let shown: Vec<(&str, &str, u64)> =
        listed.iter().map(|row| (row.id.as_str(), row.stakeholder.name.as_str(), row.version)).collect();
    assert_eq!(shown, [("stk-2", "Bea", 2)]);
}

async fn proposals(bench: Bench) {
    let store = &bench.store;
    store.append(at(0), vec![source("secret", Some("tem-9")), source("aws", None)]).await.unwrap();
    store.commit(at(1), &outputs(1, vec![alert(1, "g", "aws"), alert(2, "h", "secret")])).await.unwrap();
    let entries =
        vec![proposed("tun-1", "alr-0000000000000001"), proposed("tun-2", "alr-0000000000000002"), accepted("tun-2")];
    store.append(at(2), entries).await.unwrap();
    let states = async |viewer: &Viewer| {
        let rows = store.tuning(viewer, None).await.unwrap();
        rows.into_iter().map(|row| (row.id, row.state, row.version)).collect::<Vec<_>>()
    };
    let (first, second) =
        (("tun-1".to_owned(), TuningState::Proposed, 1), ("tun-2".to_owned(), TuningState::Accepted, 2));
    assert_eq!(states(&Viewer::System).await, [first.clone(), second]);
    assert_eq!(states(&viewer("usr-1", &[])).await, [first], "an alert that is hidden hides its proposal");
    assert_eq!(store.tuning(&viewer("usr-1", &[]), Some("tun-2")).await.unwrap(), []);
}

/// Two incidents that all see, and one that only usr-2 sees.
async fn fill(bench: &Bench) {
    let mut other = told("Other", &[]);
    (other.hosts, other.principals, other.techniques) =
        (vec!["WS-01".to_owned()], vec!["CORP\\eve".to_owned()], vec!["T1059.001".to_owned()]);
    other.sources.clear();
    let mut own = other.clone();
    own.title = "Own".to_owned();
    let restricted = IncidentFact::Restricted { members: BTreeSet::from([UserId::new("usr-2")]) };
    let entries = vec![
        opened("inc-1", own),
        opened("inc-2", other.clone()),
        opened("inc-3", other),
        incident("inc-3", &restricted),
        judged("inc-2", (EntityKind::Domain, "Evil.example"), Verdict::Affected),
        judged("inc-3", (EntityKind::Domain, "evil.example"), Verdict::RuledOut),
        judged("inc-1", (EntityKind::Domain, "evil.example"), Verdict::Affected),
        judged("inc-1", (EntityKind::Domain, "evil.example"), Verdict::RuledOut),
    ];
    bench.store.append(at(1), entries).await.unwrap();
}

async fn words_about_entities(bench: Bench) {
    fill(&bench).await;
    let said = async |viewer: &Viewer| {
        let words = bench.store.entity_words(viewer, "EVIL.example").await.unwrap();
        words.into_iter().map(|row| format!("{} {}", row.incident, row.word)).collect::<Vec<_>>()
    };
    assert_eq!(said(&viewer("usr-1", &[])).await, ["inc-1 ruled_out", "inc-2 affected"]);
    assert_eq!(said(&viewer("usr-2", &[])).await, ["inc-1 ruled_out", "inc-3 ruled_out", "inc-2 affected"]);
    assert_eq!(bench.store.entity_words(&Viewer::System, "evil").await.unwrap(), [], "a name is a whole name");
}

async fn what_is_in_common(bench: Bench) {
    fill(&bench).await;
    let own = IncidentId::new("inc-1");
    let sharing = async |viewer: &Viewer, kind: TraitKind, name: &str| {
        let found = bench.store.sharing(viewer, &own, (kind, &[name.to_owned(), "none".to_owned()])).await.unwrap();
        let ids = found.into_iter().flat_map(|one| one.incidents).map(|id| id.to_string());
        ids.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    for (kind, name) in
        [(TraitKind::Host, "ws-01"), (TraitKind::Principal, "CORP\\eve"), (TraitKind::Technique, "t1059.001")]
    {
        assert_eq!(sharing(&viewer("usr-1", &[]), kind, name).await, ["inc-2"], "{kind:?}");
        assert_eq!(sharing(&viewer("usr-2", &[]), kind, name).await, ["inc-2", "inc-3"], "{kind:?}");
    }
    assert_eq!(
        sharing(&Viewer::System, TraitKind::Affected, "evil.EXAMPLE").await,
        ["inc-2"],
        "ruled out is not in common"
    );
    assert_eq!(sharing(&Viewer::System, TraitKind::Principal, "CORP").await, Vec::<String>::new());
    assert_eq!(sharing(&Viewer::System, TraitKind::Principal, "%").await, Vec::<String>::new());
}

async fn whoever_moves_a_group_sees_all_of_it(bench: Bench) {
    let store = &bench.store;
    store.append(at(0), vec![source("secret", Some("tem-9")), source("aws", None)]).await.unwrap();
    store
        .commit(at(1), &outputs(1, vec![alert(1, "g", "aws"), alert(2, "g", "secret"), alert(3, "h", "aws")]))
        .await
        .unwrap();
    let alert = |number: u64| quell_model::AlertId::new(format!("alr-{number:016x}"));
    let groups = async |viewer: &Viewer, number: u64| store.alert_groups(viewer, &[alert(number)]).await.unwrap();
    let outsider = viewer("usr-1", &[]);
    assert_eq!(groups(&outsider, 1).await, None, "a part of it is hidden");
    assert_eq!(groups(&viewer("usr-1", &["tem-9"]), 1).await.unwrap()[0].alerts, 2);
    assert_eq!(groups(&outsider, 3).await.unwrap()[0].sources, ["aws"]);
    // Moved by somebody else in the meantime, nothing is written.
    let opened = || opened("inc-1", told("First", &["h"]));
    let elsewhere = [(quell_model::AlertGroupId::new("h"), Some(IncidentId::new("inc-9")))];
    assert!(store.append_owned(at(2), vec![opened()], &elsewhere).await.is_err());
    assert_eq!(store.groups_of(&IncidentId::new("inc-1")).await.unwrap(), []);
    let free = [(quell_model::AlertGroupId::new("h"), None)];
    store.append_owned(at(2), vec![opened()], &free).await.unwrap();
    assert_eq!(store.groups_of(&IncidentId::new("inc-1")).await.unwrap()[0].alerts, 1);
}

async fn alerts_stay_where_people_put_them(bench: Bench) {
    let store = &bench.store;
    store.commit(at(1), &outputs(1, vec![alert(1, "g", "aws"), alert(2, "g", "aws")])).await.unwrap();
    let added = IncidentFact::AlertsAdded { moved: moved(&["g"]), reason: "it is this".to_owned() };
    let entries =
        vec![opened("inc-1", told("First", &["g"])), opened("inc-2", told("Second", &[])), incident("inc-2", &added)];
    store.append(at(2), entries).await.unwrap();
    let grown = IncidentFact::Grown { told: told("First", &["g"]), why: Vec::new() };
    store.append(at(3), vec![incident("inc-1", &grown)]).await.unwrap();
    let held = store.held_groups().await.unwrap();
    let shown: Vec<(&str, &str, u64)> =
        held.iter().map(|it| (it.group.as_str(), it.incident.as_str(), it.alerts)).collect();
    assert_eq!(shown, [("g", "inc-2", 2)]);
    store.commit(at(4), &outputs(2, vec![alert(3, "g", "aws")])).await.unwrap();
    let late = store.alert(&Viewer::System, &quell_model::AlertId::new("alr-0000000000000003")).await.unwrap().unwrap();
    assert_eq!(late.incident, Some(IncidentId::new("inc-2")), "what comes later goes there, too");
}
