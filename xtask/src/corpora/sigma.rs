//! SigmaHQ's rules and their own regression data.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use quell_engine::Sensor;
use quell_normalize::Item;

use super::Score;
use crate::run;

/// Every active rule is in force or refused with a reason.
pub(super) fn load(data: &Path) -> Result<Vec<Score>> {
    let folder = data.join("sigma/rules");
    let documents = run::files(&folder, "yml")?.len();
    let knowledge = run::knowledge(false, Some(&folder))?;
    let (loaded, refused) = (knowledge.rule_count(), knowledge.refused());
    let reasoned = refused.iter().filter(|error| !error.reason.is_empty()).count();
    let figure = format!("{loaded} in force, {reasoned} refused with a reason, of {documents}");
    Ok(vec![Score::new("SigmaHQ active rules", figure, loaded + reasoned >= documents)])
}

/// Each rule fires on its own sample.
pub(super) fn regression(data: &Path) -> Result<Vec<Score>> {
    let knowledge = run::knowledge(false, Some(&data.join("sigma/rules")))?;
    let truth = std::fs::read_to_string(data.join("truth/regression.tsv"))?;
    let (mut fired, mut total, mut missing) = (0, 0, Vec::new());
    for line in truth.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [rule, file, ref rest @ ..] = columns[..] else { continue };
        let wanted: u64 = rest.first().and_then(|count| count.parse().ok()).unwrap_or(1);
        let counts = matches(&knowledge, &data.join(file))?;
        total += 1;
        if counts.get(rule).copied().unwrap_or_default() >= wanted {
            fired += 1;
        } else {
            missing.push(rule.to_owned());
        }
    }
    let figure = format!("{fired} of {total} {}", missing.join(" "));
    Ok(vec![Score::new("SigmaHQ regression: rules that fire on their own sample", figure, fired == total)])
}

fn matches(knowledge: &quell_engine::Knowledge, file: &Path) -> Result<BTreeMap<String, u64>> {
    let mut sensor = Sensor::new(knowledge);
    let mut counts = BTreeMap::new();
    run::items(&[file.to_owned()], knowledge, |number, _, item| {
        let Item::Record(record) = item else { return };
        let Ok(observed) = sensor.observe(record, (number, 1)) else { return };
        for rule in observed.rules {
            *counts.entry(knowledge.detector().0.rules().rules[rule.index()].meta.id.clone()).or_default() += 1;
        }
    })?;
    Ok(counts)
}
