//! Thirteen intrusion steps over several hosts: where from, and which hosts were reached.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use quell_model::{Investigation, short_host};
use serde_json::Value;

use super::{Score, text, truth};
use crate::run;

const RIGHT_MIN: usize = 12;

/// Scores our own rules.
pub(super) fn score(data: &Path) -> Result<Vec<Score>> {
    let knowledge = run::knowledge(true, None)?;
    let cases = truth(data, "multihost.jsonl")?;
    let (mut right, mut notes) = (0, Vec::new());
    for case in &cases {
        let investigation = run::investigate(&[data.join(text(case, "file"))], &knowledge)?;
        match judge(case, &investigation) {
            Ok(()) => right += 1,
            Err(note) => notes.push(format!("\n        {}: {note}", text(case, "case"))),
        }
    }
    let figure = format!("{right} of {}{}", cases.len(), notes.concat());
    Ok(vec![Score::new("lateral movement: origin host and exact set of reached hosts", figure, right >= RIGHT_MIN)])
}

fn judge(case: &Value, investigation: &Investigation) -> Result<(), String> {
    let names = |list: &Value| -> BTreeSet<String> {
        list.as_array()
            .into_iter()
            .flatten()
            .map(|item| short_host(item["host"].as_str().or(item.as_str()).unwrap_or_default()))
            .collect()
    };
    let origin = short_host(case["origin"]["host"].as_str().unwrap_or_default());
    let (reached, ambient) = (names(&case["reached"]), names(&case["ambient_hosts"]));
    let Some(first) = investigation.incidents.iter().find_map(|incident| incident.scope.hosts.first()) else {
        return Err("no incident".to_owned());
    };
    let all: BTreeSet<String> = investigation
        .incidents
        .iter()
        .flat_map(|incident| &incident.scope.hosts)
        .map(|host| short_host(host))
        .collect();
    let found: BTreeSet<String> =
        all.iter().filter(|host| **host != origin && !ambient.contains(*host)).cloned().collect();
    if short_host(first) != origin {
        return Err(format!("origin {first}, expected {origin}; hosts {all:?}"));
    }
    if found != reached {
        return Err(format!("reached {found:?}, expected {reached:?}"));
    }
    Ok(())
}
