//! VERIS 1.4: who did what to what, and how it was found, for statistics over many incidents.
//!
//! Only what a person classified is written as known; the rest is `Unknown`, as VERIS has it, never a guess.

use quell_incident::Status;
use quell_incident::work::Line;
use quell_model::handbook::{VerisTerm, VerisTerms};
use serde_json::{Map, Value, json};

use crate::dossier::Dossier;

const VERSION: &str = "1.4.1";

/// The incident as VERIS, in JSON.
#[must_use]
pub fn veris(dossier: &Dossier<'_>, terms: &VerisTerms) -> Value {
    let class = dossier.work.triage.class.as_ref().map(|classified| classified.class.veris.clone()).unwrap_or_default();
    let spelled = |list: &[VerisTerm], lines: &[Line]| -> Vec<String> {
        let spelled = lines.iter().filter_map(|line| list.iter().find(|term| term.id == line.as_str()));
        spelled.map(|term| term.value.clone()).collect()
    };
    let actors = spelled(&terms.actors, class.actors.as_slice());
    let actions = spelled(&terms.actions, class.actions.as_slice());
    let attributes = spelled(&terms.attributes, class.attributes.as_slice());
    let assets = spelled(&terms.assets, class.assets.as_slice());
    let confirmed = match (&class.security_incident, dossier.status) {
        (Some(word), _) => spelled(&terms.security_incident, std::slice::from_ref(word)).pop(),
        (None, Status::FalsePositive) => Some("False positive".to_owned()),
        (None, _) => dossier.work.triage.declared.as_ref().map(|_| "Confirmed".to_owned()),
    };
    let mut incident = json!({
        "schema_version": VERSION,
        "incident_id": dossier.id.as_str(),
        "source_id": "quell",
        "summary": dossier.told.title,
        "security_incident": confirmed.unwrap_or_else(|| "Suspected".to_owned()),
        "actor": named(&actors, actor),
        "action": named(&actions, action),
        "asset": { "assets": asset_list(&assets), "cloud": ["Unknown"] },
        "timeline": timeline(dossier),
        "discovery_method": discovery(class.discovery.as_ref().map(|line| line.as_str())),
    });
    if !attributes.is_empty()
        && let Some(object) = incident.as_object_mut()
    {
        object.insert("attribute".to_owned(), named(&attributes, attribute));
    }
    incident
}

/// An object with one member for each name; one that says so if there is none.
fn named(names: &[String], member: fn(&str) -> Value) -> Value {
    if names.is_empty() {
        return json!({ "unknown": {} });
    }
    let members: Map<String, Value> = names.iter().map(|name| (name.clone(), member(name))).collect();
    Value::Object(members)
}

fn actor(name: &str) -> Value {
    match name {
        "partner" => json!({ "motive": ["Unknown"], "country": ["Unknown"], "region": ["000000"], "industry": "00" }),
        "internal" => json!({ "motive": ["Unknown"], "variety": ["Unknown"] }),
        _ => json!({ "motive": ["Unknown"], "variety": ["Unknown"], "country": ["Unknown"], "region": ["000000"] }),
    }
}

fn action(name: &str) -> Value {
    match name {
        "environmental" => json!({ "variety": ["Unknown"] }),
        "social" => json!({ "variety": ["Unknown"], "vector": ["Unknown"], "target": ["Unknown"] }),
        _ => json!({ "variety": ["Unknown"], "vector": ["Unknown"] }),
    }
}

fn attribute(name: &str) -> Value {
    match name {
        "confidentiality" => json!({ "data_disclosure": "Unknown" }),
        _ => json!({ "variety": ["Unknown"] }),
    }
}

/// Letters of asset groups to a variety that says no more than the group.
fn asset_list(groups: &[String]) -> Vec<Value> {
    let variety = |group: &String| json!({ "variety": format!("{group} - Unknown") });
    if groups.is_empty() { vec![json!({ "variety": "Unknown" })] } else { groups.iter().map(variety).collect() }
}

fn timeline(dossier: &Dossier<'_>) -> Value {
    let began = dossier.told.first_seen.unwrap_or(dossier.now);
    let date = began.to_zoned(jiff::tz::TimeZone::UTC);
    let mut timeline = json!({
        "incident": { "year": date.year(), "month": date.month(), "day": date.day(),
            "time": date.strftime("%H:%M").to_string() },
    });
    let declared = dossier.work.triage.declared.as_ref().map(|declared| declared.stamp.at);
    if let (Some(first), Some(declared), Some(object)) = (dossier.told.first_seen, declared, timeline.as_object_mut()) {
        object.insert("discovery".to_owned(), span(declared.as_second() - first.as_second()));
    }
    timeline
}

/// A span in the largest unit that fits.
fn span(seconds: i64) -> Value {
    let units = [(86_400, "Days"), (3_600, "Hours"), (60, "Minutes"), (1, "Seconds")];
    let seconds = seconds.max(0);
    let (size, unit) = units.into_iter().find(|(size, _)| seconds >= *size).unwrap_or((1, "Seconds"));
    json!({ "unit": unit, "value": seconds / size })
}

fn discovery(found: Option<&str>) -> Value {
    match found {
        Some("external") => json!({ "external": { "variety": ["Unknown"] } }),
        Some("partner") => json!({ "partner": { "variety": ["Unknown"] } }),
        Some("internal") => json!({ "internal": { "variety": ["Unknown"] } }),
        _ => json!({ "unknown": true }),
    }
}
