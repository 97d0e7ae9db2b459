//! Three one-host intrusions, from the logs alone.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use quell_model::{EndpointRole, Incident};
use serde_json::Value;

use super::{Score, text, truth};
use crate::run;

const NODES_MAX: u32 = 20;
const OWN: &str = "own rules";

/// Scores our own rules alone, and together with SigmaHQ's.
pub(super) fn score(data: &Path) -> Result<Vec<Score>> {
    let mut scores = of_rules(data, OWN, &run::knowledge(true, None)?)?;
    scores.extend(of_rules(data, "own and SigmaHQ rules", &run::knowledge(true, Some(&data.join("sigma/rules")))?)?);
    Ok(scores)
}

fn of_rules(data: &Path, rules: &str, knowledge: &quell_engine::Knowledge) -> Result<Vec<Score>> {
    let mut scores = Vec::new();
    for case in truth(data, "lsass.jsonl")? {
        let name = format!("{} ({rules})", text(&case, "case"));
        let investigation = run::investigate(&[data.join(text(&case, "file"))], knowledge)?;
        let count = investigation.incidents.len();
        let (what, figure) = (format!("{name}: incidents"), count.to_string());
        // SigmaHQ's rules also judge the laboratory's own tools, so their count is told and not judged.
        scores.push(if rules == OWN { Score::new(what, figure, count == 1) } else { Score::note(what, figure) });
        if let Some(incident) = investigation.incidents.first() {
            scores.extend(of_incident(&name, &case, incident));
        }
    }
    Ok(scores)
}

fn of_incident(name: &str, case: &Value, incident: &Incident) -> Vec<Score> {
    let entry = &incident.root_cause.entry;
    let process = entry.process.as_ref();
    let root_pid = process.and_then(|process| process.pid);
    let root = root_pid == case["root"]["pid"].as_u64() && entry.host.as_deref() == case["host"].as_str();
    let delivery = &case["delivery"];
    let delivered =
        entry.url.as_deref() == delivery["url"].as_str() && entry.file.as_deref() == delivery["file"].as_str();
    let (c2_found, c2_wanted) = (addresses(incident, EndpointRole::CommandAndControl), listed(&case["c2"]));
    let (tools_found, tools_wanted) = (addresses(incident, EndpointRole::ToolDownload), listed(&case["tool_download"]));
    let (recall, precision, wrong) = processes(case, incident);
    let nodes = incident.nodes_to_read;
    let line = |what: &str, figure: String, reached: bool| Score::new(format!("{name}: {what}"), figure, reached);
    let mut scores = vec![
        line("root process and host", format!("pid {root_pid:?} on {:?}", entry.host), root),
        line("download URL and file", format!("{:?}", entry.url), delivered),
        line("C2", format!("{c2_found:?}"), c2_found == c2_wanted),
        line("tool download", format!("{tools_found:?}"), tools_found == tools_wanted),
        line("attacker processes, recall", format!("{recall:.2}"), recall >= 0.95),
        line("attacker processes, precision", format!("{precision:.2} {wrong:?}"), precision >= 0.90),
        line("nodes to read", nodes.to_string(), nodes <= NODES_MAX),
    ];
    if case["injected"].as_array().is_some_and(|injected| !injected.is_empty()) {
        let edge = incident.root_cause.chain.iter().any(|step| step.action.starts_with("injected"));
        scores.push(line("injection edge", edge.to_string(), edge));
    }
    scores
}

fn addresses(incident: &Incident, role: EndpointRole) -> BTreeSet<String> {
    let of_role = incident.endpoints.iter().filter(|endpoint| endpoint.role == role);
    of_role.map(|endpoint| format!("{}:{}", endpoint.address, endpoint.port.unwrap_or_default())).collect()
}

fn listed(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn processes(case: &Value, incident: &Incident) -> (f64, f64, Vec<String>) {
    let pids = |wanted: &dyn Fn(&Value) -> bool| -> BTreeSet<u64> {
        case["processes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|p| wanted(p))
            .filter_map(|p| p["pid"].as_u64())
            .collect()
    };
    let mut required = pids(&|process| process["required"] == true);
    let mut allowed = pids(&|_| true);
    for injected in case["injected"].as_array().into_iter().flatten() {
        required.extend(injected["target_pid"].as_u64());
        allowed.extend(injected["target_pid"].as_u64());
    }
    let found: BTreeSet<u64> = incident.scope.processes.iter().filter_map(|process| process.pid).collect();
    let right = found.intersection(&allowed).count() as f64;
    let recalled = found.intersection(&required).count() as f64;
    let wrong = incident.scope.processes.iter().filter(|process| process.pid.is_none_or(|pid| !allowed.contains(&pid)));
    let wrong = wrong.map(|process| process.image.clone()).collect();
    (recalled / required.len().max(1) as f64, right / incident.scope.processes.len().max(1) as f64, wrong)
}
