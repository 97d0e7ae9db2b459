//! The handbook as data: criteria, scores, taxonomies, clocks and the communication plan, beside activities and frameworks.
//!
//! What does not fit together is refused with its file, so that a clock that counts from nothing cannot be shipped.

use std::collections::BTreeSet;

use quell_model::handbook::{CollectionGuide, CommunicationPlan, Criterion, Handbook, MessageTemplate, RsitType};
use quell_model::regime::{Certainty, Regime, RegimeStage, RegimeStatus, SUBMITTED};
use serde::Deserialize;

use crate::process::{ProcessError, fault, process, read};

const CRITERIA: &str = "process/criteria.yaml";
const SHEET: &str = "triage/nciss.yaml";
const RSIT: &str = "triage/rsit.yaml";
const VERIS: &str = "triage/veris.yaml";
const COLLECTION: &str = "process/collection.yaml";
const PLAN: &str = "communication/plan.yaml";
const CLOCKS: &str = "clocks/";
const TEMPLATES: &str = "communication/templates/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Criteria {
    criteria: Vec<Criterion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rsit {
    types: Vec<RsitType>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Collection {
    guides: Vec<CollectionGuide>,
}

/// The handbook that is built in.
///
/// # Errors
/// A file does not say what it has to.
pub fn handbook() -> Result<Handbook, ProcessError> {
    let mut regimes = Vec::new();
    for file in crate::below(CLOCKS) {
        let regime: Regime = read(file.path)?;
        check_regime(&regime).map_err(|what| fault(file.path, what))?;
        regimes.push(regime);
    }
    let templates = crate::below(TEMPLATES).map(|file| read(file.path)).collect::<Result<Vec<MessageTemplate>, _>>()?;
    let plan: CommunicationPlan = read(PLAN)?;
    let planned = plan.severities.iter().flat_map(|planned| &planned.audiences);
    for audience in planned {
        if !templates.iter().any(|template| template.id == audience.template) {
            return Err(fault(PLAN, format!("there is no template {}", audience.template)));
        }
    }
    Ok(Handbook {
        process: process()?,
        criteria: read::<Criteria>(CRITERIA)?.criteria,
        sheet: read(SHEET)?,
        rsit: read::<Rsit>(RSIT)?.types,
        veris: read(VERIS)?,
        regimes,
        plan,
        templates,
        collection: read::<Collection>(COLLECTION)?.guides,
    })
}

fn check_regime(regime: &Regime) -> Result<(), String> {
    if regime.enabled && (regime.status != RegimeStatus::InForce || regime.certainty == Certainty::Verify) {
        return Err("it is on, but not in force or not certain".to_owned());
    }
    let stages: BTreeSet<&str> = regime.stages.iter().map(|stage| stage.id.as_str()).collect();
    if stages.len() < regime.stages.len() {
        return Err("two stages have the same id".to_owned());
    }
    regime.stages.iter().try_for_each(|stage| check_stage(regime, stage, &stages))
}

fn check_stage(regime: &Regime, stage: &RegimeStage, stages: &BTreeSet<&str>) -> Result<(), String> {
    let id = &stage.id;
    if stage.terms.is_empty() {
        return Err(format!("{id} has no term"));
    }
    let sent = stage.terms.iter().filter_map(|term| term.anchor.strip_prefix(SUBMITTED));
    let named = sent.chain(stage.after.as_deref()).chain(stage.updates.as_deref());
    if let Some(unknown) = named.into_iter().find(|named| !stages.contains(named)) {
        return Err(format!("{id} names {unknown}, which is no stage"));
    }
    let asked = stage.when.keys().chain(&stage.runs_through_unless_not);
    let known = |question: &&String| regime.questions.iter().any(|known| known.id == **question);
    if let Some(unknown) = asked.into_iter().find(|question| !known(question)) {
        return Err(format!("{id} depends on {unknown}, which is no question"));
    }
    if stage.certainty == Some(Certainty::Verify) && stage.enabled != Some(false) {
        return Err(format!("{id} is not certain, and not off"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use quell_model::EntityKind;

    use super::*;

    #[test]
    fn what_is_built_in_fits_together() {
        let handbook = handbook().expect("a handbook");
        assert_eq!(handbook.rsit.len(), 39);
        let used = handbook.regimes.iter().flat_map(|regime| regime.stages.iter().map(move |stage| (regime, stage)));
        let unsure = used.filter(|(regime, stage)| {
            regime.uses(stage) && (regime.certainty == Certainty::Verify || stage.certainty == Some(Certainty::Verify))
        });
        assert_eq!(unsure.count(), 0, "what is not certain is off");
    }

    #[test]
    fn every_kind_of_entity_has_a_guide_for_collecting_evidence() {
        let guides = handbook().expect("a handbook").collection;
        for kind in EntityKind::ALL {
            assert!(
                guides.iter().any(|guide| guide.kinds.contains(&kind)),
                "nothing says what to collect of a {kind:?}"
            );
        }
        for guide in &guides {
            assert!(guide.steps.len() >= 3 && !guide.cautions.is_empty(), "{}", guide.id);
        }
    }

    #[test]
    fn a_regime_that_does_not_fit_is_refused() {
        let regime = handbook().expect("a handbook").regimes.into_iter().find(|regime| regime.id == "dora");
        let regime = regime.expect("dora");
        let refused = |change: &dyn Fn(&mut Regime)| {
            let mut changed = regime.clone();
            change(&mut changed);
            check_regime(&changed).expect_err("it does not fit")
        };
        assert!(refused(&|it| it.stages[1].id = "initial".to_owned()).contains("two stages"));
        assert!(refused(&|it| it.stages[0].terms.clear()).contains("initial has no term"));
        assert!(refused(&|it| it.stages[1].after = Some("first".to_owned())).contains("first, which is no stage"));
        assert!(refused(&|it| it.stages[0].when.extend([("huge".to_owned(), true)])).contains("no question"));
        assert!(refused(&|it| it.stages[0].certainty = Some(Certainty::Verify)).contains("not certain, and not off"));
        assert!(refused(&|it| it.status = RegimeStatus::Proposed).contains("not in force"));
    }
}
