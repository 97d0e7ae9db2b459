//! The residual radius: what the intruder holds or is reached by, what of it a run cuts off, and what is left. The same is computed
//! of a plan before it acts, and of what it changed afterwards: both have to say the same. Pure.
//!
//! It knows what the activity graph knows: what was seen in the intruder's hands. What could be reached from there is not in it.

use std::collections::{BTreeMap, BTreeSet};

use quell_incident::Told;
use quell_model::EndpointRole;
use quell_playbook::run::Call;
use serde::Serialize;
use utoipa::ToSchema;

use super::drive::is_same;

/// What the intruder holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(as = HeldByIntruder)]
pub(crate) struct Held {
    /// `host`, `principal`, `credential` or `endpoint`.
    kind: &'static str,
    /// Its name.
    name: String,
}

/// What is cut off, and what is left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Radius {
    /// Cut off by a change of the run.
    pub(crate) cut: BTreeSet<Held>,
    /// Still in the intruder's hands.
    pub(crate) left: BTreeSet<Held>,
    /// What depends on something that is touched, as the configuration declares it.
    pub(crate) affects: BTreeSet<String>,
}

/// What a run leaves of what the intruder holds. `calls` are its changes that contain.
pub(crate) fn radius<'c>(
    (told, story): (&Told, Option<&quell_model::Incident>),
    dependents: &BTreeMap<String, Vec<String>>,
    calls: impl Iterator<Item = &'c Call> + Clone,
) -> Radius {
    let touched = |name: &str| calls.clone().any(|call| names(call).any(|value| is_it(name, value)));
    let (cut, left) = held(told, story).into_iter().partition(|held| touched(&held.name));
    let mut affects = BTreeSet::new();
    let mut waiting: Vec<&String> = dependents.keys().filter(|name| touched(name)).collect();
    while let Some(name) = waiting.pop() {
        for dependent in dependents.iter().filter(|(known, _)| is_same(known, name)).flat_map(|(_, all)| all) {
            if affects.insert(dependent.clone()) {
                waiting.push(dependent);
            }
        }
    }
    Radius { cut, left, affects }
}

fn held(told: &Told, story: Option<&quell_model::Incident>) -> BTreeSet<Held> {
    let named = |kind: &'static str, name: &String| Held { kind, name: name.clone() };
    let mut all: BTreeSet<Held> = told.hosts.iter().map(|name| named("host", name)).collect();
    all.extend(told.principals.iter().map(|name| named("principal", name)));
    let Some(story) = story else { return all };
    all.extend(story.scope.credentials.iter().map(|name| named("credential", name)));
    let of_intruder = |role| !matches!(role, EndpointRole::Delivery | EndpointRole::ToolDownload);
    let endpoints = story.endpoints.iter().filter(|endpoint| of_intruder(endpoint.role));
    all.extend(endpoints.map(|endpoint| named("endpoint", &endpoint.address.to_string())));
    all
}

/// What a call names.
fn names(call: &Call) -> impl Iterator<Item = &str> {
    call.about.iter().map(|about| about.name.as_str()).chain(call.with.values().map(String::as_str))
}

/// Whether a value of a call is a thing that the intruder holds. Roles and users are told with their whole name.
fn is_it(held: &str, value: &str) -> bool {
    let last = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    is_same(held, value) || (held.starts_with("arn:") && !value.is_empty() && last(held) == last(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_cut_and_the_rest_is_left() {
        let told = Told {
            title: String::new(),
            severity: quell_model::Level::High,
            first_seen: None,
            last_seen: None,
            techniques: Vec::new(),
            hosts: vec!["WS01.corp.example".to_owned(), "SRV02.corp.example".to_owned()],
            principals: vec!["arn:aws:iam::111122223333:role/web-frontend".to_owned(), "CORP\\m.webb".to_owned()],
            groups: Vec::new(),
            alerts: 0,
            sources: Vec::new(),
            story: String::new(),
        };
        let call = |name: &str, value: &str| Call {
            action: "x.y".to_owned(),
            with: BTreeMap::from([(name.to_owned(), value.to_owned())]),
            about: None,
        };
        let calls = [call("host", "ws01"), call("role", "web-frontend"), call("user", "CORP\\m.webb")];
        let dependents = [
            ("ws01".to_owned(), vec!["Till 4".to_owned()]),
            ("Till 4".to_owned(), vec!["Sales".to_owned()]),
            ("srv02".to_owned(), vec!["Finance".to_owned()]),
        ];
        let found = radius((&told, None), &dependents.into(), calls.iter());
        let names = |of: &BTreeSet<Held>| of.iter().map(|held| held.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&found.left), ["SRV02.corp.example"]);
        assert_eq!(found.cut.len(), 3);
        assert_eq!(found.affects.into_iter().collect::<Vec<_>>(), ["Sales", "Till 4"]);
    }
}
