//! What to do next, by phase of incident response.

use std::collections::BTreeSet;

use quell_model::{EndpointRole, EntityKind, Incident, NextAction, Phase};

use crate::plot::Plot;

/// Hints of rules that are repeated.
const HINTS_MAX: usize = 3;

/// Actions in order of phase, each with the names of what it is about.
pub(crate) fn next(plot: &Plot<'_>, incident: &Incident) -> Vec<NextAction> {
    let mut actions = Vec::new();
    analyse(plot, incident, &mut actions);
    contain(incident, &mut actions);
    eradicate(incident, &mut actions);
    recover(incident, &mut actions);
    learn(incident, &mut actions);
    actions
}

fn add(actions: &mut Vec<NextAction>, phase: Phase, text: String, why: &str) {
    actions.push(NextAction { phase, text, why: why.to_owned() });
}

fn analyse(plot: &Plot<'_>, incident: &Incident, actions: &mut Vec<NextAction>) {
    let scope = &incident.scope;
    if !scope.processes.is_empty() {
        let hosts = scope.hosts.join(", ");
        add(
            actions,
            Phase::Analysis,
            format!("Capture memory and volatile state of {hosts} before anything is stopped"),
            "injected code and network state exist only in memory",
        );
    }
    let rules = plot.case.knowledge.detector().0.rules();
    let mut seen = BTreeSet::new();
    let mut alerts: Vec<_> = plot.cluster.alerts.iter().collect();
    alerts.sort_by_key(|pinned| (std::cmp::Reverse(pinned.folded.level), pinned.first_time()));
    for pinned in alerts {
        let rule = &rules.rules[pinned.folded.rule.index()];
        if let Some(hint) = &rule.response
            && seen.len() < HINTS_MAX
            && seen.insert(hint)
        {
            add(actions, Phase::Analysis, hint.clone(), &rule.meta.title);
        }
    }
}

fn contain(incident: &Incident, actions: &mut Vec<NextAction>) {
    let scope = &incident.scope;
    if !scope.processes.is_empty() {
        let text = format!("Isolate {} from the network, leaving a management path open", scope.hosts.join(", "));
        add(actions, Phase::Containment, text, "attacker processes run or ran there");
    }
    let block: BTreeSet<String> = incident
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.role != EndpointRole::Exfiltration)
        .map(|endpoint| {
            endpoint.port.map_or_else(|| endpoint.address.clone(), |port| format!("{}:{port}", endpoint.address))
        })
        .collect();
    if !block.is_empty() {
        let text = format!("Block {}", block.into_iter().collect::<Vec<_>>().join(", "));
        add(actions, Phase::Containment, text, "used for delivery, control or access");
    }
    if !scope.credentials.is_empty() {
        let text = format!("Disable or revoke {}", scope.credentials.join(", "));
        add(actions, Phase::Containment, text, "in the attacker's hands; sessions issued from them end too");
    }
    let resettable: Vec<&str> =
        scope.principals.iter().map(String::as_str).filter(|name| !is_system_account(name)).collect();
    if !resettable.is_empty() {
        let text = format!("End sessions and reset secrets of {}", resettable.join(", "));
        add(actions, Phase::Containment, text, "used or changed by the attacker");
    }
}

/// Accounts of machines and of the system itself have no secret to reset.
fn is_system_account(name: &str) -> bool {
    let name = name.to_lowercase();
    name.ends_with('$')
        || name.starts_with("nt authority\\")
        || matches!(name.as_str(), "system" | "root" | "local service")
}

fn eradicate(incident: &Incident, actions: &mut Vec<NextAction>) {
    let scope = &incident.scope;
    if !scope.files.is_empty() {
        let text = format!("Collect, then remove {} file(s), beginning with {}", scope.files.len(), scope.files[0]);
        add(actions, Phase::Eradication, text, "written or run by the attacker");
    }
    let made: Vec<&str> = scope
        .resources
        .iter()
        .filter(|resource| {
            resource.how.contains("created") || resource.how.contains("changed") || resource.how.contains("deleted")
        })
        .filter(|resource| resource.kind != EntityKind::Account)
        .map(|resource| resource.name.as_str())
        .collect();
    if !made.is_empty() {
        let text = format!("Undo what was created, changed or deleted: {}", made.join(", "));
        add(actions, Phase::Eradication, text, "left behind or altered by the attacker");
    }
    let search = "Search all other hosts and accounts for the same hashes, addresses and names";
    add(actions, Phase::Eradication, search.to_owned(), "the same tools are often used in more than one place");
}

fn recover(incident: &Incident, actions: &mut Vec<NextAction>) {
    let what = if incident.scope.hosts.is_empty() { "the accounts in scope" } else { "the hosts in scope" };
    let text = format!("Rebuild or restore {what} from before {}", time(incident));
    add(actions, Phase::Recovery, text, "anything later may carry the attacker's changes");
    let watch = "Watch the indicators of this incident closely for two weeks after return to service";
    add(actions, Phase::Recovery, watch.to_owned(), "a second access path shows itself by use");
}

fn learn(incident: &Incident, actions: &mut Vec<NextAction>) {
    let weakness = incident.root_cause.weakness.clone();
    add(
        actions,
        Phase::PostIncident,
        "Close the weakness that was used, and prove it with a test".to_owned(),
        &weakness,
    );
    for missing in &incident.missing_telemetry {
        let text = format!("Consider collecting: {}", missing.log_source);
        add(actions, Phase::PostIncident, text, &format!("it would show {}", missing.would_show));
    }
}

fn time(incident: &Incident) -> String {
    incident
        .first_seen
        .map_or_else(|| "the first event".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string())
}
