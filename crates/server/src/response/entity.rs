//! What a run did to an entity, as work of the incident: a change that was seen from outside is a step that was verified, with the
//! entry of the run that shows it. Nobody has to type it in, so gates open by what is proven (invariant 7).

use quell_incident::work::{
    EntityFact, EntityName, ItemId, Line, Reference, Step, Text, Verdict, WorkFact, told_entities,
};
use quell_model::EntityKind;
use quell_model::action::ActionError;
use quell_playbook::run::{About, Effect, Run};
use quell_store::Worked;

use super::case;
use crate::App;

/// Longest text that a step says how it was done with.
const HOW_CHARS_MAX: usize = 1_000;

/// Writes that an effect did its step on its entity, and that this was seen.
///
/// # Errors
/// The incident takes no more work, or the store cannot be written.
pub(super) async fn prove(
    app: &App,
    run: &Run,
    (id, effect): (u64, &Effect),
    observed: &str,
) -> Result<(), ActionError> {
    let Some((entity, step)) = effect.call.about.as_ref().and_then(named) else { return Ok(()) };
    let how = format!("{} of {}: {observed}", effect.call.action, run.plan.name);
    case::work(app, &run.incident, |worked| next(worked, (&entity, step), (id, &how))).await
}

/// Writes that a step does not hold any more, if the entity was not clean yet when it was taken back.
///
/// # Errors
/// The incident takes no more work, or the store cannot be written.
pub(super) async fn lift(app: &App, run: &Run, effect: &Effect) -> Result<(), ActionError> {
    let Some((entity, step)) = effect.call.about.as_ref().and_then(named) else { return Ok(()) };
    let reason = text(&format!("{} of {} was taken back", effect.call.action, run.plan.name));
    case::work(app, &run.incident, |worked| {
        let known = worked.work.entities.get(&entity)?;
        let holds = step == Step::Contain && known.step(step).is_some() && !known.is_verified(Step::Clean);
        let fact = EntityFact::StepReopened { entity: entity.clone(), step, reason: reason.clone()? };
        holds.then_some(WorkFact::Entity(fact))
    })
    .await
}

/// The entity and the step that a call is about.
pub(super) fn named(about: &About) -> Option<(EntityName, Step)> {
    let kind = EntityKind::ALL.into_iter().find(|kind| kind.as_str() == about.kind)?;
    let step = match about.step.as_str() {
        "contain" => Step::Contain,
        "clean" => Step::Clean,
        _ => Step::Restore,
    };
    Some((EntityName { kind, name: Line::try_from(about.name.clone()).ok()? }, step))
}

/// What has to be said next, until the step is verified. What people ruled out, or retired, is left as they said.
fn next(worked: &Worked, (entity, step): (&EntityName, Step), (id, how): (u64, &str)) -> Option<WorkFact> {
    let known = worked.work.entities.get(entity);
    if known.is_some_and(|known| known.retired.is_some()) {
        return None;
    }
    let (entity, how) = (entity.clone(), text(how)?);
    let references = || vec![Reference::Entry(ItemId(id))].try_into().ok();
    let reason = || text("a playbook acts on it");
    let fact = match known.and_then(|known| known.judged.as_ref().map(|judged| judged.verdict)) {
        Some(Verdict::RuledOut) => return None,
        None if known.is_none() && !told_entities(&worked.incident).contains(&entity) => {
            EntityFact::Added { entity, reason: reason()? }
        }
        None => EntityFact::Judged { entity, verdict: Verdict::Affected, reason: reason()?, references: references()? },
        Some(Verdict::Affected) => match known.and_then(|known| known.step(step)) {
            // What it is restored from is a person's to check.
            None if step == Step::Restore && !is_source_checked(known, &entity) => return None,
            None => EntityFact::StepDone { entity, step, how },
            Some(state) if state.verified.is_none() => {
                EntityFact::StepVerified { entity, step, how, references: references()? }
            }
            Some(_) => return None,
        },
    };
    Some(WorkFact::Entity(fact))
}

fn is_source_checked(known: Option<&quell_incident::work::EntityWork>, entity: &EntityName) -> bool {
    !entity.is_restored_from_something() || known.is_some_and(|known| known.step(Step::CheckSource).is_some())
}

fn text(text: &str) -> Option<Text> {
    Text::try_from(text.chars().take(HOW_CHARS_MAX).collect::<String>()).ok()
}
