//! An investigation as it is told: the attacker's addresses in running text are defanged, everything else is kept.
//!
//! Only here an incident's own list of addresses is at hand; the media then write text without asking what is ours.

use quell_model::{Incident, Investigation, Step};

use crate::defang::{Indicators, defang};

/// The investigation with the indicators of each incident defanged in its texts.
pub(crate) fn told(investigation: &Investigation) -> Investigation {
    let mut told = investigation.clone();
    told.incidents.iter_mut().for_each(tell);
    told
}

/// An incident with its indicators defanged in its texts.
pub(crate) fn told_incident(incident: &Incident) -> Incident {
    let mut told = incident.clone();
    tell(&mut told);
    told
}

fn tell(incident: &mut Incident) {
    let indicators = Indicators::of(incident);
    let tell = |text: &mut String| *text = defang(text, &indicators);
    tell(&mut incident.title);
    incident.severity_reasons.iter_mut().for_each(|reason| tell(&mut reason.text));
    incident.alerts.iter_mut().flat_map(|alert| alert.matched.values_mut()).for_each(tell);
    let cause = &mut incident.root_cause;
    tell(&mut cause.weakness);
    cause.confidence_reasons.iter_mut().for_each(tell);
    cause.candidates.iter_mut().for_each(|candidate| tell(&mut candidate.why));
    cause.chain.iter_mut().for_each(|step| tell_step(step, &indicators));
    incident.missing_telemetry.iter_mut().for_each(|gap| {
        tell(&mut gap.log_source);
        tell(&mut gap.would_show);
    });
    incident.next_actions.iter_mut().for_each(|action| {
        tell(&mut action.text);
        tell(&mut action.why);
    });
}

fn tell_step(step: &mut Step, indicators: &Indicators) {
    let texts = [Some(&mut step.action), step.detail.as_mut(), step.inferred_why.as_mut()];
    texts.into_iter().flatten().for_each(|text| *text = defang(text, indicators));
}
