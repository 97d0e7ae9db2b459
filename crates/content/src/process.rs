//! The work of incident response as data: activities, frameworks, and the guide for choosing one.
//!
//! What does not fit together is refused with its file, so that an activity that no framework knows, or a framework that
//! leaves one out, cannot be shipped.

use std::collections::BTreeSet;

use quell_model::process::{Activity, Answer, Framework, Guide, Process, Proof, Scope};
use serde::Deserialize;
use serde::de::DeserializeOwned;

const ACTIVITIES: &str = "process/activities.yaml";
const FRAMEWORKS: &str = "process/frameworks/";
const GUIDE: &str = "process/guide.yaml";
/// The neutral view.
pub const NEUTRAL: &str = "six-phases";

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {what}")]
pub struct ProcessError {
    /// Which, below `content/`.
    pub file: String,
    /// What.
    pub what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Activities {
    activities: Vec<Activity>,
}

/// Activities and frameworks that are built in.
///
/// # Errors
/// A file does not say what it has to.
pub fn process() -> Result<Process, ProcessError> {
    let Activities { activities } = read(ACTIVITIES)?;
    let mut frameworks = Vec::new();
    for file in crate::below(FRAMEWORKS) {
        frameworks.push((file.path, read::<Framework>(file.path)?));
    }
    check_activities(&activities).map_err(|what| fault(ACTIVITIES, what))?;
    for (path, framework) in &frameworks {
        check_framework(framework, &activities).map_err(|what| fault(path, what))?;
    }
    let mut frameworks: Vec<Framework> = frameworks.into_iter().map(|(_, framework)| framework).collect();
    frameworks.sort_by_key(|framework| (framework.id != NEUTRAL, framework.id.clone()));
    Ok(Process { activities, frameworks })
}

/// The guide that is built in.
///
/// # Errors
/// The file does not say what it has to.
pub fn guide() -> Result<Guide, ProcessError> {
    let guide: Guide = read(GUIDE)?;
    check_guide(&guide).map_err(|what| fault(GUIDE, what))?;
    Ok(guide)
}

pub(crate) fn read<T: DeserializeOwned>(path: &str) -> Result<T, ProcessError> {
    let text = crate::file(path).ok_or_else(|| fault(path, "it is missing".to_owned()))?;
    serde_saphyr::from_str(text).map_err(|error| fault(path, error.to_string()))
}

pub(crate) fn fault(file: &str, what: String) -> ProcessError {
    ProcessError { file: file.to_owned(), what }
}

fn check_activities(activities: &[Activity]) -> Result<(), String> {
    let mut ids = BTreeSet::new();
    for activity in activities {
        let id = &activity.id;
        if !ids.insert(id) {
            return Err(format!("{id} stands there twice"));
        }
        if activity.requirements.is_empty() || activity.who.is_empty() {
            return Err(format!("{id} meets no requirement, or nobody does it"));
        }
        if (activity.scope == Scope::Organisation) != (activity.proof == Proof::Organisation) {
            return Err(format!("{id} is for the organisation by its scope or by its proof, but not by both"));
        }
    }
    Ok(())
}

fn check_framework(framework: &Framework, activities: &[Activity]) -> Result<(), String> {
    let placed: BTreeSet<&str> =
        framework.phases.iter().flat_map(|phase| &phase.activities).map(|place| place.activity.as_str()).collect();
    let known: BTreeSet<&str> = activities.iter().map(|activity| activity.id.as_str()).collect();
    if let Some(missing) = known.difference(&placed).next() {
        return Err(format!("{missing} stands in no phase"));
    }
    if let Some(unknown) = placed.difference(&known).next() {
        return Err(format!("{unknown} is no activity"));
    }
    let phases: BTreeSet<&str> = framework.phases.iter().map(|phase| phase.id.as_str()).collect();
    if phases.len() < framework.phases.len() {
        return Err("two phases have the same id".to_owned());
    }
    Ok(())
}

fn check_guide(guide: &Guide) -> Result<(), String> {
    let families: BTreeSet<&str> = guide.families.iter().map(|family| family.id.as_str()).collect();
    for factor in &guide.factors {
        let answers: BTreeSet<&str> = factor.answers.iter().map(|answer| answer.id.as_str()).collect();
        if answers.len() < factor.answers.len() {
            return Err(format!("{} has the same answer twice", factor.id));
        }
        for Answer { id, favours, .. } in &factor.answers {
            let judged: BTreeSet<&str> = favours.keys().map(String::as_str).collect();
            if judged != families || !favours.values().all(|favour| (0.0..=1.0).contains(favour)) {
                return Err(format!("{}: {id} must have a number from 0 to 1 for each framework", factor.id));
            }
        }
    }
    for combination in &guide.combinations {
        for (factor, answer) in &combination.when {
            let known = guide.factors.iter().find(|known| known.id == *factor);
            if !known.is_some_and(|known| known.answers.iter().any(|known| known.id == *answer)) {
                return Err(format!("{factor}: {answer} is no answer of the guide"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_fits_together() {
        let process = process().expect("activities and frameworks");
        let neutral = process.frameworks.first().expect("a framework");
        assert_eq!(neutral.id, NEUTRAL);
        let expected: BTreeSet<String> = (1..=34).map(|number| format!("R{number}")).collect();
        let met = process.activities.iter().flat_map(|activity| &activity.requirements).cloned();
        assert_eq!(met.collect::<BTreeSet<String>>(), expected);
        for family in guide().expect("a guide").families {
            assert!(process.framework(&family.framework).is_some(), "{}", family.framework);
        }
    }

    #[test]
    fn an_activity_that_a_framework_leaves_out_is_refused() {
        let Process { activities, frameworks } = process().expect("activities and frameworks");
        for framework in &frameworks {
            for activity in &activities {
                let mut without = framework.clone();
                without
                    .phases
                    .iter_mut()
                    .for_each(|phase| phase.activities.retain(|place| place.activity != activity.id));
                let refused = check_framework(&without, &activities).expect_err("it is left out");
                assert_eq!(refused, format!("{} stands in no phase", activity.id));
            }
        }
    }

    #[test]
    fn what_is_not_right_is_refused() {
        let Process { activities, mut frameworks } = process().expect("activities and frameworks");
        let twice = [&activities[..], &activities[..1]].concat();
        assert!(check_activities(&twice).is_err_and(|what| what.contains("twice")));
        let mut mixed = activities.clone();
        mixed[0].scope = Scope::Incident;
        assert!(check_activities(&mixed).is_err_and(|what| what.contains("but not by both")));
        let framework = &mut frameworks[0];
        framework.phases[0].activities[0].activity = "wait-and-see".to_owned();
        framework.phases[1].activities[0] =
            process().expect("activities").frameworks[0].phases[0].activities[0].clone();
        assert!(check_framework(framework, &activities).is_err());
        let mut guide = guide().expect("a guide");
        guide.combinations[0].when.insert("size".to_owned(), "huge".to_owned());
        assert!(check_guide(&guide).is_err_and(|what| what.contains("size: huge")));
        guide.factors[0].answers[0].favours.remove("iso");
        assert!(check_guide(&guide).is_err_and(|what| what.contains("us_federal must have")));
    }
}
