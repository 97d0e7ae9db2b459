//! Whether ids in a fact are ids of the handbook: what is misspelt would prove nothing, silently.

use quell_model::handbook::Handbook;
use quell_model::process::{Proof, Scope};

use super::{ChoiceFact, Classification, ClockFact, Line, TaskFact, TriageFact, Veris, WorkFact};
use crate::Refusal;

pub(super) fn check(handbook: &Handbook, fact: &WorkFact) -> Result<(), Refusal> {
    match fact {
        WorkFact::Triage(TriageFact::Declared { criteria, .. }) => {
            let known = |id: &str| handbook.criteria.iter().any(|criterion| criterion.id == id);
            all("criterion", criteria.as_slice(), known)
        }
        WorkFact::Triage(TriageFact::Classified { class, .. }) => classification(handbook, class),
        WorkFact::Choice(ChoiceFact::Framework { framework }) => {
            let known = |id: &str| handbook.process.framework(id).is_some();
            all("framework", std::slice::from_ref(framework), known)
        }
        WorkFact::Choice(ChoiceFact::Done { activity, .. }) => by_hand(handbook, activity),
        WorkFact::Choice(ChoiceFact::Waived { activity, .. } | ChoiceFact::Reopened { activity, .. })
        | WorkFact::Task(TaskFact::Set { activity: Some(activity), .. }) => {
            let known = handbook.process.activity(activity.as_str());
            known.map(drop).ok_or_else(|| Refusal::Unknown("activity", activity.to_string()))
        }
        WorkFact::Clock(fact) => clock(handbook, fact),
        _ => Ok(()),
    }
}

/// Only what the ledger cannot show is done because somebody says so.
fn by_hand(handbook: &Handbook, activity: &Line) -> Result<(), Refusal> {
    let known = handbook.process.activity(activity.as_str());
    let known = known.ok_or_else(|| Refusal::Unknown("activity", activity.to_string()))?;
    match (known.scope, known.proof) {
        (Scope::Organisation, _) => Err(Refusal::State("this activity is no matter of one incident")),
        (_, Proof::ByHand | Proof::ProceduresUpdated | Proof::TrainingUpdated) => Ok(()),
        _ => Err(Refusal::State("what was done shows whether this activity is done; do it, or waive it")),
    }
}

fn clock(handbook: &Handbook, fact: &ClockFact) -> Result<(), Refusal> {
    let regime = |id: &Line| handbook.regime(id.as_str()).ok_or_else(|| Refusal::Unknown("regime", id.to_string()));
    match fact {
        ClockFact::Decided { regime: id, applies, answers, class, impact, .. } => {
            let known = regime(id)?;
            if *applies && !known.stages.iter().any(|stage| known.uses(stage)) {
                return Err(Refusal::State("this regime is off: it is not in force, or not certain enough"));
            }
            let strange = answers.keys().find(|id| !known.questions.iter().any(|question| question.id == **id));
            if let Some(id) = strange {
                return Err(Refusal::Unknown("question of this regime", id.clone()));
            }
            let classes = known.classes();
            all("class of this regime", class.as_slice(), |class| classes.contains(class))?;
            if *applies && class.is_none() && !classes.is_empty() {
                return Err(Refusal::Missing("the class of certification, on which the terms of this regime depend"));
            }
            match impact {
                Some(impact) if !known.impacts().contains(impact) => {
                    Err(Refusal::Unknown("impact rating of this regime", impact.to_string()))
                }
                _ => Ok(()),
            }
        }
        ClockFact::Tolled { regime: id, .. } if regime(id)?.tolling.is_none() => {
            Err(Refusal::State("nobody can allow a delay under this regime"))
        }
        ClockFact::Tolled { .. } => Ok(()),
        ClockFact::Submitted { regime: id, stage, .. } => {
            let found = regime(id)?.stages.iter().any(|known| known.id == stage.as_str());
            if found { Ok(()) } else { Err(Refusal::Unknown("stage of this regime", stage.to_string())) }
        }
        ClockFact::AnchorSet { anchor, regime: id, .. } => {
            let anchors = match id {
                Some(id) => regime(id)?.anchors().filter(|anchor| !anchor.contains(':')).collect(),
                None => handbook.anchors(),
            };
            all("anchor of a clock", std::slice::from_ref(anchor), |id| anchors.contains(id))
        }
    }
}

fn classification(handbook: &Handbook, class: &Classification) -> Result<(), Refusal> {
    let Veris { actors, actions, assets, attributes, discovery, security_incident } = &class.veris;
    let veris = &handbook.veris;
    all("class of RSIT", class.rsit.as_slice(), |id| handbook.rsit.iter().any(|kind| kind.id == id))?;
    for (list, ids) in [
        (&veris.actors, actors.as_slice()),
        (&veris.actions, actions.as_slice()),
        (&veris.assets, assets.as_slice()),
        (&veris.attributes, attributes.as_slice()),
        (&veris.discovery_methods, discovery.as_slice()),
        (&veris.security_incident, security_incident.as_slice()),
    ] {
        all("word of VERIS", ids, |id| list.iter().any(|term| term.id == id))?;
    }
    all("ATT&CK technique id", class.techniques.as_slice(), is_technique)
}

/// `T` and four digits, or a sub-technique of that with three more.
fn is_technique(id: &str) -> bool {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let Some(number) = id.strip_prefix('T') else { return false };
    match number.split_once('.') {
        Some((number, sub)) => digits(number, 4) && digits(sub, 3),
        None => digits(number, 4),
    }
}

fn all(what: &'static str, ids: &[Line], known: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    let strange = ids.iter().find(|id| !known(id.as_str()));
    strange.map_or(Ok(()), |id| Err(Refusal::Unknown(what, id.to_string())))
}
