//! STIX 2.1 (OASIS Standard, 10 June 2021): what an incident showed, as a bundle.
//!
//! Ids are made of what they name, so that the same incident gives the same bundle: for observables as section 2.9 says, for
//! everything else in a name space of Quell's own.

use std::collections::{BTreeMap, BTreeSet};

use quell_incident::work::Tlp;
use quell_model::{Endpoint, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::dossier::Dossier;

/// Name space of deterministic observables, section 2.9.
const OBSERVABLES: Uuid = Uuid::from_u128(0x00ab_edb4_aa42_466c_9c01_fed2_3315_a9b7);
/// Name space of everything else that Quell names.
const OWN: Uuid = Uuid::from_u128(0x6d0f_5ae6_7a0c_4e35_9b1e_3f6a_2c52_91d4);
/// Extension of TLP 2.0, OASIS TC "STIX 2.1 TLP 2.0".
const TLP_EXTENSION: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";
/// When the markings were defined.
const TLP_CREATED: &str = "2022-10-01T00:00:00.000Z";

/// The incident as a STIX bundle, in JSON.
#[must_use]
pub fn stix(dossier: &Dossier<'_>, tlp: Tlp) -> Value {
    let mut writer = Writer { objects: Vec::new(), seen: BTreeSet::new(), marking: marking_id(tlp), dossier };
    writer.add(marking(tlp));
    let identity = writer.identity();
    let incident = writer.incident(&identity);
    writer.techniques(&identity, &incident);
    writer.observables(&identity, &incident);
    writer.indicators(&identity, &incident);
    writer.notes(&identity, &incident);
    writer.report(&identity);
    let id = format!("bundle--{}", Uuid::new_v5(&OWN, format!("bundle/{}", dossier.id).as_bytes()));
    json!({ "type": "bundle", "id": id, "objects": writer.objects })
}

struct Writer<'a> {
    objects: Vec<Value>,
    seen: BTreeSet<String>,
    marking: &'static str,
    dossier: &'a Dossier<'a>,
}

impl Writer<'_> {
    /// Adds an object once; answers its id.
    fn add(&mut self, object: Value) -> String {
        let id = object["id"].as_str().unwrap_or_default().to_owned();
        if self.seen.insert(id.clone()) {
            self.objects.push(object);
        }
        id
    }

    /// A domain object or relationship, with what all of them have.
    fn domain(&mut self, kind: &str, name: &str, creator: Option<&str>, more: Value) -> String {
        let id = format!("{kind}--{}", Uuid::new_v5(&OWN, format!("{kind}/{name}").as_bytes()));
        let mut object = json!({
            "type": kind,
            "spec_version": "2.1",
            "id": id,
            "created": time(self.opened()),
            "modified": time(self.dossier.now),
            "object_marking_refs": [self.marking],
        });
        if let (Some(object), Some(creator)) = (object.as_object_mut(), creator) {
            object.insert("created_by_ref".to_owned(), json!(creator));
        }
        merge(&mut object, more);
        self.add(object)
    }

    /// An observable, named by what it is.
    fn observable(&mut self, kind: &str, properties: Value) -> String {
        let canonical = properties.to_string();
        let id = format!("{kind}--{}", Uuid::new_v5(&OBSERVABLES, canonical.as_bytes()));
        let mut object = json!({
            "type": kind, "spec_version": "2.1", "id": id, "object_marking_refs": [self.marking],
        });
        merge(&mut object, properties);
        self.add(object)
    }

    fn relate(&mut self, creator: &str, source: &str, kind: &str, target: &str) {
        let name = format!("{source}/{kind}/{target}");
        let more = json!({ "relationship_type": kind, "source_ref": source, "target_ref": target });
        self.domain("relationship", &name, Some(creator), more);
    }

    fn opened(&self) -> Timestamp {
        let declared = self.dossier.work.triage.declared.as_ref().map(|declared| declared.stamp.at);
        declared.or(self.dossier.told.first_seen).unwrap_or(self.dossier.now)
    }

    fn identity(&mut self) -> String {
        self.domain("identity", "quell", None, json!({ "name": "Quell", "identity_class": "system" }))
    }

    fn incident(&mut self, creator: &str) -> String {
        let told = self.dossier.told;
        let references = json!([{ "source_name": "quell", "external_id": self.dossier.id.as_str() }]);
        let more = json!({ "name": told.title, "external_references": references });
        self.domain("incident", self.dossier.id.as_str(), Some(creator), more)
    }

    fn techniques(&mut self, creator: &str, incident: &str) {
        let class = self.dossier.work.triage.class.as_ref();
        let confirmed = class.into_iter().flat_map(|class| class.class.techniques.as_slice());
        let confirmed = confirmed.map(ToString::to_string);
        let names: BTreeSet<String> = self.dossier.told.techniques.iter().cloned().chain(confirmed).collect();
        for technique in names {
            let references = json!([{ "source_name": "mitre-attack", "external_id": technique }]);
            let more = json!({ "name": technique, "external_references": references });
            let pattern = self.domain("attack-pattern", &technique, Some(creator), more);
            self.relate(creator, incident, "related-to", &pattern);
        }
    }

    /// What was seen: accounts, and remote addresses.
    fn observables(&mut self, creator: &str, incident: &str) {
        let dossier = self.dossier;
        let mut seen = Vec::new();
        for principal in &dossier.told.principals {
            seen.push(self.observable("user-account", json!({ "user_id": principal })));
        }
        let endpoints = dossier.story.map(|story| &story.endpoints[..]).unwrap_or_default();
        for endpoint in endpoints {
            let (kind, properties) = address(endpoint);
            seen.push(self.observable(kind, properties));
        }
        let (Some(first), Some(last)) = (dossier.told.first_seen, dossier.told.last_seen) else { return };
        if seen.is_empty() {
            return;
        }
        let more = json!({
            "first_observed": time(first),
            "last_observed": time(last.max(first)),
            "number_observed": dossier.told.alerts.clamp(1, 999_999_999),
            "object_refs": seen,
        });
        let data = self.domain("observed-data", dossier.id.as_str(), Some(creator), more);
        self.relate(creator, incident, "related-to", &data);
    }

    fn indicators(&mut self, creator: &str, incident: &str) {
        let dossier = self.dossier;
        let endpoints = dossier.story.map(|story| &story.endpoints[..]).unwrap_or_default();
        for endpoint in endpoints {
            let (kind, _) = address(endpoint);
            let more = json!({
                "name": endpoint.address,
                "description": crate::words::role(endpoint.role),
                "indicator_types": ["malicious-activity"],
                "pattern": format!("[{kind}:value = '{}']", quoted(&endpoint.address)),
                "pattern_type": "stix",
                "valid_from": time(dossier.told.first_seen.unwrap_or_else(|| self.opened())),
            });
            let indicator = self.domain("indicator", &endpoint.address, Some(creator), more);
            self.relate(creator, &indicator, "related-to", incident);
        }
    }

    /// What people accepted as the root cause, and what came out of the post-mortem.
    fn notes(&mut self, creator: &str, incident: &str) {
        let work = self.dossier.work;
        let cause = work.inquiry.root_cause().map(|cause| ("Root cause", cause.text.as_str(), cause.stamp.entry));
        let held = work.review.post_mortem.as_ref();
        let held = held.map(|held| ("Post-mortem", held.post_mortem.summary.as_str(), held.stamp.entry));
        for (what, text, entry) in cause.into_iter().chain(held) {
            let more = json!({ "abstract": what, "content": text, "object_refs": [incident] });
            self.domain("note", &format!("{}/{entry}", self.dossier.id), Some(creator), more);
        }
    }

    fn report(&mut self, creator: &str) {
        let refs: Vec<&String> = self.seen.iter().filter(|id| !id.starts_with("marking-definition")).collect();
        let more = json!({
            "name": self.dossier.told.title,
            "report_types": ["threat-report"],
            "published": time(self.dossier.now),
            "object_refs": refs,
        });
        self.domain("report", self.dossier.id.as_str(), Some(creator), more);
    }
}

fn merge(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}

/// What an address is, and its observable.
fn address(endpoint: &Endpoint) -> (&'static str, Value) {
    let kind = match endpoint.address.parse() {
        Ok(std::net::IpAddr::V4(_)) => "ipv4-addr",
        Ok(std::net::IpAddr::V6(_)) => "ipv6-addr",
        Err(_) if endpoint.address.contains("://") => "url",
        Err(_) => "domain-name",
    };
    (kind, json!({ "value": endpoint.address }))
}

/// Text inside quotes of a pattern, STIX 2.1 section 9.3.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

/// RFC 3339 with milliseconds and `Z`, as STIX wants it.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

fn marking_id(tlp: Tlp) -> &'static str {
    match tlp {
        Tlp::Clear => "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
        Tlp::Green => "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
        Tlp::Amber => "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
        Tlp::AmberStrict => "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        Tlp::Red => "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
    }
}

/// The marking as OASIS defined it.
fn marking(tlp: Tlp) -> Value {
    let level = match tlp {
        Tlp::Clear => "clear",
        Tlp::Green => "green",
        Tlp::Amber => "amber",
        Tlp::AmberStrict => "amber+strict",
        Tlp::Red => "red",
    };
    let extension = json!({ "extension_type": "property-extension", "tlp_2_0": level });
    let extensions: Map<String, Value> = BTreeMap::from([(TLP_EXTENSION.to_owned(), extension)]).into_iter().collect();
    json!({
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": marking_id(tlp),
        "created": TLP_CREATED,
        "name": tlp.label(),
        "extensions": extensions,
    })
}
