//! Opening, growing, merging, and what stays secret when incidents merge.

use quell_incident::Incident;
use quell_model::UserId;

use super::*;

fn told(groups: &[&str], alerts: u64) -> Told {
    Told {
        title: "Program x: suspicious activity".to_owned(),
        severity: Level::High,
        first_seen: None,
        last_seen: None,
        techniques: Vec::new(),
        hosts: vec!["web-1".to_owned()],
        principals: Vec::new(),
        groups: groups.iter().map(|group| AlertGroupId::new(*group)).collect(),
        alerts,
        sources: Vec::new(),
        story: format!("{groups:?}{alerts}"),
    }
}

fn statement(id: &str, groups: &[&str], alerts: u64) -> Statement {
    Statement {
        id: IncidentId::new(id),
        told: told(groups, alerts),
        story: Vec::new(),
        why: vec!["because".to_owned()],
    }
}

fn known(incidents: &[(&str, &[&str], u64)]) -> Known {
    let mut known = Known::default();
    for (id, groups, alerts) in incidents {
        let opened = IncidentFact::Opened { told: told(groups, *alerts), why: Vec::new() };
        let state = Incident::begin(opened).expect("an opening");
        known.incidents.insert(IncidentId::new(*id), (1, state));
        known.owners.extend(groups.iter().map(|group| (AlertGroupId::new(*group), IncidentId::new(*id))));
    }
    known
}

fn kinds(planned: &[Planned]) -> Vec<String> {
    use quell_incident::Fact;
    planned.iter().flat_map(|plan| plan.facts.iter().map(|fact| format!("{} {}", plan.id, fact.parts().0))).collect()
}

#[test]
fn a_new_telling_opens_an_incident() {
    let planned = reconcile(&[statement("inc-a", &["g1"], 1)], &Known::default());
    assert_eq!(kinds(&planned), ["inc-a incident.opened"]);
    assert_eq!(planned[0].version, 0);
}

#[test]
fn what_is_told_already_is_not_written_again() {
    assert_eq!(reconcile(&[statement("inc-a", &["g1"], 1)], &known(&[("inc-a", &["g1"], 1)])), []);
}

#[test]
fn growth_says_why_and_reopens_what_was_closed() {
    let mut known = known(&[("inc-a", &["g1"], 1)]);
    if let Some((_, state)) = known.incidents.get_mut(&IncidentId::new("inc-a")) {
        state.status = Status::Resolved;
    }
    let planned = reconcile(&[statement("inc-a", &["g1", "g2"], 4)], &known);
    assert_eq!(kinds(&planned), ["inc-a incident.grown", "inc-a incident.status_changed"]);
    assert!(matches!(&planned[0].facts[0], IncidentFact::Grown { why, .. } if why == &["4 alerts, before 1"]));
}

#[test]
fn an_incident_with_an_earlier_first_alert_takes_over() {
    let planned = reconcile(&[statement("inc-b", &["g0", "g1"], 2)], &known(&[("inc-a", &["g1"], 1)]));
    assert_eq!(kinds(&planned), ["inc-a incident.merged", "inc-b incident.opened", "inc-b incident.absorbed"]);
}

#[test]
fn what_was_restricted_stays_restricted_when_it_merges() {
    let mut known = known(&[("inc-a", &["g1"], 1), ("inc-b", &["g2"], 1)]);
    let member = BTreeSet::from([UserId::new("usr-1")]);
    if let Some((_, state)) = known.incidents.get_mut(&IncidentId::new("inc-a")) {
        state.members = Some(member.clone());
    }
    let planned = reconcile(&[statement("inc-b", &["g1", "g2"], 2)], &known);
    let restricted = IncidentFact::Restricted { members: member };
    assert!(planned.iter().any(|plan| plan.id.as_str() == "inc-b" && plan.facts.contains(&restricted)));
}

#[test]
fn who_may_see_one_half_does_not_see_the_other_after_a_merge() {
    let mut known = known(&[("inc-a", &["g1"], 1), ("inc-b", &["g2"], 1)]);
    for (id, member) in [("inc-a", "usr-1"), ("inc-b", "usr-2")] {
        if let Some((_, state)) = known.incidents.get_mut(&IncidentId::new(id)) {
            state.members = Some(BTreeSet::from([UserId::new(member)]));
        }
    }
    let planned = reconcile(&[statement("inc-b", &["g1", "g2"], 2)], &known);
    let nobody = IncidentFact::Restricted { members: BTreeSet::new() };
    assert!(planned.iter().any(|plan| plan.id.as_str() == "inc-b" && plan.facts.contains(&nobody)));
}

#[test]
fn forgotten_records_take_nothing_away() {
    let mut known = known(&[("inc-a", &["g1", "g2"], 9)]);
    known.forgetful = true;
    assert_eq!(reconcile(&[statement("inc-a", &["g2"], 3)], &known), []);
    assert_eq!(reconcile(&[statement("inc-z", &["g2"], 3)], &known), []);
}

#[test]
fn what_further_records_explain_is_withdrawn_unless_somebody_worked_on_it() {
    let mut known = known(&[("inc-a", &["g1"], 1)]);
    known.told_before.insert(IncidentId::new("inc-a"));
    assert_eq!(kinds(&reconcile(&[], &known)), ["inc-a incident.withdrawn"]);
    if let Some((_, state)) = known.incidents.get_mut(&IncidentId::new("inc-a")) {
        state.status = Status::Open;
    }
    assert_eq!(reconcile(&[], &known), []);
    if let Some((_, state)) = known.incidents.get_mut(&IncidentId::new("inc-a")) {
        state.status = Status::Withdrawn;
    }
    let again = reconcile(&[statement("inc-a", &["g1", "g2"], 2)], &known);
    assert_eq!(kinds(&again), ["inc-a incident.status_changed", "inc-a incident.grown"]);
}

#[test]
fn counts_alone_are_not_material() {
    let planned = reconcile(&[statement("inc-a", &["g1"], 5)], &known(&[("inc-a", &["g1"], 1)]));
    assert!(!planned[0].material);
    let planned = reconcile(&[statement("inc-a", &["g1", "g3"], 5)], &known(&[("inc-a", &["g1"], 1)]));
    assert!(planned[0].material);
}

fn held(known: &mut Known, group: &str, incident: &str) {
    let (group, incident) = (AlertGroupId::new(group), IncidentId::new(incident));
    let held = HeldGroup { group: group.clone(), incident, alerts: 1, sources: vec!["hr".to_owned()], is_late: false };
    known.held.insert(group, held);
}

#[test]
fn what_people_gave_elsewhere_is_not_told_here() {
    let mut known = known(&[("inc-a", &["g1"], 1)]);
    held(&mut known, "g2", "inc-z");
    assert_eq!(reconcile(&[statement("inc-a", &["g1", "g2"], 2)], &known)[0].facts.len(), 1);
    held(&mut known, "g1", "inc-z");
    assert_eq!(reconcile(&[statement("inc-a", &["g1", "g2"], 2)], &known), []);
    assert_eq!(reconcile(&[statement("inc-b", &["g2"], 1)], &known), []);
}

#[test]
fn what_people_gave_stays_when_an_incident_grows() {
    let mut known = known(&[("inc-a", &["g1"], 1)]);
    held(&mut known, "g9", "inc-a");
    known.sizes = ["g1", "g2"].map(|group| (AlertGroupId::new(group), 1)).into();
    let planned = reconcile(&[statement("inc-a", &["g1", "g2"], 2)], &known);
    let groups = |told: &Told| told.groups.iter().map(ToString::to_string).collect::<Vec<_>>();
    let IncidentFact::Grown { told, .. } = &planned[0].facts[0] else { panic!("{planned:?}") };
    assert_eq!((groups(told), told.alerts), (["g1", "g2", "g9"].map(str::to_owned).to_vec(), 3));
    assert_eq!(told.sources, ["hr"], "who must not see a source must not see what came from it");
}

#[test]
fn what_an_absorbed_incident_knew_stays_known() {
    let mut known = known(&[("inc-a", &["g1"], 1)]);
    let mut part = told(&["g7"], 1);
    (part.severity, part.hosts) = (Level::Critical, vec!["db-9".to_owned()]);
    let (from, why) = (IncidentId::new("inc-b"), "one".to_owned());
    let fact = IncidentFact::Absorbed { from, why, brought: Some((&part).into()) };
    known.incidents.get_mut(&IncidentId::new("inc-a")).unwrap().1.apply(fact);
    let planned = reconcile(&[statement("inc-a", &["g1", "g2"], 2)], &known);
    let IncidentFact::Grown { told, .. } = &planned[0].facts[0] else { panic!("{planned:?}") };
    assert_eq!((told.severity, told.hosts.clone()), (Level::Critical, vec!["web-1".to_owned(), "db-9".to_owned()]));
}

#[test]
fn a_closed_incident_opens_again_when_more_comes_of_what_people_put_there() {
    let mut known = known(&[("inc-a", &[], 1)]);
    held(&mut known, "g1", "inc-a");
    let close = |status| IncidentFact::StatusChanged { status, reason: "done".to_owned() };
    known.incidents.get_mut(&IncidentId::new("inc-a")).unwrap().1.apply(close(Status::Resolved));
    assert_eq!(reconcile(&[statement("inc-b", &["g1"], 2)], &known), []);
    known.held.values_mut().for_each(|held| held.is_late = true);
    assert_eq!(kinds(&reconcile(&[statement("inc-b", &["g1"], 2)], &known)), ["inc-a incident.status_changed"]);
}

#[test]
fn what_comes_to_an_incident_that_people_merged_goes_on_to_the_other() {
    let mut known = known(&[("inc-a", &["g1"], 1), ("inc-b", &["g2"], 1)]);
    let merged = IncidentFact::Merged { into: IncidentId::new("inc-b"), why: "one".to_owned() };
    known.incidents.get_mut(&IncidentId::new("inc-a")).unwrap().1.apply(merged);
    let statements = [statement("inc-a", &["g1", "g3"], 2)];
    assert_eq!(reconcile(&statements, &known), [], "Quell merged it");
    held(&mut known, "g1", "inc-b");
    let planned = reconcile(&statements, &known);
    assert_eq!(kinds(&planned), ["inc-b incident.alerts_added"]);
}
