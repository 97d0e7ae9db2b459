//! What to do next, by phase of incident response.

use std::collections::BTreeSet;
use std::net::IpAddr;

use quell_model::{Attr, Endpoint, EndpointRole, EntityKind, Incident, NextAction, Phase, Verb, short_host};

use crate::plot::Plot;

/// Hints of rules that are repeated.
const HINTS_MAX: usize = 3;

/// Actions in order of phase, each with the names of what it is about.
pub(crate) fn next(plot: &Plot<'_>, incident: &Incident) -> Vec<NextAction> {
    let mut actions = Vec::new();
    analyse(plot, incident, &mut actions);
    contain(plot, incident, &mut actions);
    eradicate(plot, incident, &mut actions);
    recover(incident, &mut actions);
    learn(incident, &mut actions);
    actions.sort_by_key(|action| action.phase);
    actions
}

fn add(actions: &mut Vec<NextAction>, phase: Phase, text: String, why: &str) {
    actions.push(NextAction { phase, text, why: why.to_owned() });
}

fn analyse(plot: &Plot<'_>, incident: &Incident, actions: &mut Vec<NextAction>) {
    let scope = &incident.scope;
    if !scope.processes.is_empty() {
        let hosts: BTreeSet<&str> = scope.processes.iter().map(|process| process.host.as_str()).collect();
        let hosts = hosts.into_iter().collect::<Vec<_>>().join(", ");
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

fn contain(plot: &Plot<'_>, incident: &Incident, actions: &mut Vec<NextAction>) {
    let scope = &incident.scope;
    // Records name a host with and without its domain.
    let running: BTreeSet<String> = scope.processes.iter().map(|process| short_host(&process.host)).collect();
    let hosts = scope.hosts.iter().map(String::as_str);
    let (isolate, look): (Vec<&str>, Vec<&str>) = hosts.partition(|host| running.contains(&short_host(host)));
    if !isolate.is_empty() {
        let text = format!("Isolate {} from the network, leaving a management path open", isolate.join(", "));
        add(actions, Phase::Containment, text, "programs in the attacker's hands run or ran there");
    }
    if !look.is_empty() {
        let text = format!("Check {} for what the attacker did there; do not isolate it unseen", look.join(", "));
        add(actions, Phase::Containment, text, "it was reached, but no program of the attacker's is seen on it");
    }
    block(incident, actions);
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
    exposed(plot, incident, actions);
}

/// Addresses outside are blocked; one inside belongs to a machine that has to be looked at.
fn block(incident: &Incident, actions: &mut Vec<NextAction>) {
    let shown = |endpoint: &Endpoint| match endpoint.port {
        Some(port) => format!("{}:{port}", endpoint.address),
        None => endpoint.address.clone(),
    };
    let of_machine = |endpoint: &Endpoint| endpoint.role == EndpointRole::Origin && is_internal(&endpoint.address);
    let (inside, outside): (Vec<&Endpoint>, Vec<&Endpoint>) = incident.endpoints.iter().partition(|e| of_machine(e));
    let named = |endpoints: Vec<&Endpoint>| {
        let names: BTreeSet<String> = endpoints.into_iter().map(shown).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    if !outside.is_empty() {
        let text = format!("Block {}", named(outside));
        add(actions, Phase::Containment, text, "used for delivery, control, access or theft");
    }
    if !inside.is_empty() {
        let text = format!("Find the machine behind {}", named(inside));
        add(actions, Phase::Analysis, text, "the access came from inside the network");
    }
}

fn is_internal(address: &str) -> bool {
    match address.parse() {
        Ok(IpAddr::V4(address)) => address.is_private() || address.is_link_local() || address.is_loopback(),
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Err(_) => false,
    }
}

/// What was open to the attacker besides what was used: memory with credentials, stored secrets.
fn exposed(plot: &Plot<'_>, incident: &Incident, actions: &mut Vec<NextAction>) {
    let graph = plot.graph();
    let into = plot.attacker.held.keys().flat_map(|node| graph.into(*node));
    let opened = into.filter(|(_, edge)| edge.verb == Verb::Expose);
    let hosts: BTreeSet<&str> = opened.filter_map(|(_, edge)| graph.node(edge.from).attr(Attr::Host)).collect();
    if !hosts.is_empty() {
        let hosts = hosts.into_iter().collect::<Vec<_>>().join(", ");
        let text = format!("Treat every account that was logged on to {hosts} as stolen, and reset its secrets");
        add(actions, Phase::Containment, text, "the memory that holds their credentials was opened");
    }
    let resources = incident.scope.resources.iter().filter(|resource| resource.kind == EntityKind::Secret);
    let secrets: Vec<&str> = resources.map(|resource| resource.name.as_str()).collect();
    if !secrets.is_empty() {
        add(actions, Phase::Containment, format!("Rotate {}", secrets.join(", ")), "the attacker read it");
    }
}

/// Accounts of machines and of the system itself have no secret to reset.
fn is_system_account(name: &str) -> bool {
    let name = name.to_lowercase();
    name.ends_with('$')
        || name.starts_with("nt authority\\")
        || matches!(name.as_str(), "system" | "root" | "local service")
}

fn eradicate(plot: &Plot<'_>, incident: &Incident, actions: &mut Vec<NextAction>) {
    let graph = plot.graph();
    let held = plot.attacker.held.keys().map(|id| graph.node(*id));
    let programs: BTreeSet<&str> =
        held.filter(|node| node.kind == EntityKind::File).map(|node| node.name.as_str()).collect();
    if !programs.is_empty() {
        let text = format!("Collect, then remove {}", programs.iter().copied().collect::<Vec<_>>().join(", "));
        add(actions, Phase::Eradication, text, "programs that the attacker brought");
    }
    let others = incident.scope.files.iter().filter(|file| !programs.contains(file.as_str())).count();
    if others > 0 {
        let text = format!("Look at {others} other files in scope and decide on each");
        let why = "written or deleted by the attacker's programs; files of the system can be among them";
        add(actions, Phase::Eradication, text, why);
    }
    let made = made(plot, incident);
    if !made.is_empty() {
        let names = made.into_iter().collect::<Vec<_>>().join(", ");
        let text = format!("Undo what was created, changed or deleted: {names}");
        add(actions, Phase::Eradication, text, "left behind or altered by the attacker");
    }
    let search = "Search all other hosts and accounts for the same hashes, addresses and names";
    add(actions, Phase::Eradication, search.to_owned(), "the same tools are often used in more than one place");
}

/// Names of what the attacker created, changed or deleted, accounts of people included.
fn made(plot: &Plot<'_>, incident: &Incident) -> BTreeSet<String> {
    let altered = |how: &str| ["created", "changed", "deleted"].iter().any(|word| how.contains(word));
    let resources = incident.scope.resources.iter().filter(|r| r.kind != EntityKind::Account && altered(&r.how));
    let mut names: BTreeSet<String> = resources.map(|resource| resource.name.clone()).collect();
    let graph = plot.graph();
    for edge in plot.deeds().into_iter().map(|id| graph.edge(id)) {
        let target = graph.node(edge.to);
        if target.kind == EntityKind::Principal && matches!(edge.verb, Verb::Create | Verb::Change) {
            names.insert(target.name.clone());
        }
    }
    names
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
        let text = format!("Consider collecting {}", missing.log_source);
        add(actions, Phase::PostIncident, text, &format!("it would show {}", missing.would_show));
    }
}

fn time(incident: &Incident) -> String {
    incident
        .first_seen
        .map_or_else(|| "the first event".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string())
}
