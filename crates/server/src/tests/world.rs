//! What is in the server, and who may see what of it. Who may see it is said here anew, in a few lines: the store's SQL is
//! what is tested.

use std::collections::BTreeSet;

use quell_incident::timeline::{MomentKind, TimelineFact, TimelineItem};
use quell_incident::work::{NoteFact, Text};
use quell_incident::{AlertFact, AlertStatus, IncidentFact, Source, SourceFact, Told};
use quell_model::ports::Clock;
use quell_model::{
    AlertGroupId, AlertId, EventId, IncidentId, Level, NewLedgerEntry, Right, Role, SYSTEM_ACTOR, TeamId, UserId,
};
use quell_store::{NewAlert, Outputs};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::bench::{Bench, Person, digits, trail_stopped};

/// Alerts of each thing.
const ALERTS_EACH: u64 = 2;

/// A server with people of all roles in and out of two teams, sources, incidents and alerts.
pub(super) struct World {
    pub(super) bench: Bench,
    pub(super) people: Vec<Person>,
    pub(super) sources: Vec<Origin>,
    pub(super) things: Vec<Thing>,
    pub(super) team_a: TeamId,
    pub(super) team_b: TeamId,
}

/// A source.
pub(super) struct Origin {
    pub(super) name: &'static str,
    pub(super) team: Option<TeamId>,
    /// Stands in its description, its records and what was rejected of it.
    pub(super) word: String,
    pub(super) events: Vec<EventId>,
}

/// An incident with alerts, or alerts apart.
pub(super) struct Thing {
    pub(super) incident: Option<IncidentId>,
    pub(super) source: &'static str,
    pub(super) team: Option<TeamId>,
    pub(super) members: Option<BTreeSet<UserId>>,
    pub(super) group: AlertGroupId,
    pub(super) alerts: Vec<AlertId>,
    /// Stands in the incident's title, hosts, accounts, story, reasons and notes.
    pub(super) word: String,
    /// Stands in the alerts and in what was decided about them.
    pub(super) alert_word: String,
}

/// What a person must not learn.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    pub(super) words: Vec<String>,
    pub(super) incidents: Vec<String>,
    pub(super) alerts: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) events: Vec<String>,
    pub(super) sources: Vec<String>,
}

impl Hidden {
    /// Ids that nobody meets by chance. Events are found by their words.
    pub(super) fn ids(&self) -> impl Iterator<Item = &String> {
        self.incidents.iter().chain(&self.alerts).chain(&self.groups).chain(&self.sources)
    }
}

impl World {
    pub(super) async fn new() -> World {
        let bench = Bench::start().await;
        let (team_a, team_b) = (bench.team("team a").await, bench.team("team b").await);
        let mut people = Vec::new();
        for role in Role::ALL {
            for (name, teams) in [("none", vec![]), ("a", vec![team_a.clone()]), ("b", vec![team_b.clone()])] {
                people.push(bench.person(&format!("{}-{name}", role.as_str()), role, &teams).await);
            }
        }
        let both = bench.person("admin-both", Role::Admin, &[team_a.clone(), team_b.clone()]).await;
        people.push(both);
        let mut world = World { bench, people, sources: Vec::new(), things: Vec::new(), team_a, team_b };
        world.add_sources().await;
        world.add_things().await;
        world
    }

    pub(super) fn person(&self, login: &str) -> &Person {
        self.people.iter().find(|person| person.login == login).unwrap()
    }

    async fn add_sources(&mut self) {
        let (a, b) = (Some(self.team_a.clone()), Some(self.team_b.clone()));
        for (name, team) in [("src-open-3f1c", None), ("src-of-a-90d2", a), ("src-of-b-5e77", b)] {
            let word = word(name);
            let description = format!("holds {word}");
            let source = Source { description, team: team.clone(), silent_after_seconds: None };
            self.bench.append(&format!("source/{name}"), &[SourceFact::Configured { source }]).await;
            let records: Vec<String> =
                (0..3).map(|number| json!({ "note": word, "number": number }).to_string()).collect();
            let body = format!("{}\n{{\"broken\": \"{word}\n", records.join("\n"));
            let answer = self.bench.deliver(self.person("admin-both"), name, body).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let chunk = self.bench.store.lake().last().await.unwrap();
            let events = (0..3).map(|index| EventId::new(chunk, index)).collect();
            self.sources.push(Origin { name, team, word, events });
        }
        self.bench.caught_up().await;
    }

    async fn add_things(&mut self) {
        let (a, b) = (Some(self.team_a.clone()), Some(self.team_b.clone()));
        let member = BTreeSet::from([self.person("responder-a").id.clone()]);
        let [open, of_a, of_b] = ["src-open-3f1c", "src-of-a-90d2", "src-of-b-5e77"];
        for (name, source, team, members, is_incident) in [
            ("open", open, None, None, true),
            ("from a", of_a, None, None, true),
            ("from b", of_b, None, None, true),
            ("given to a", open, a.clone(), None, true),
            ("given to b", open, b, None, true),
            ("from b given to a", of_b, a, None, true),
            ("restricted", open, None, Some(member.clone()), true),
            ("restricted from b", of_b, None, Some(member), true),
            ("apart open", open, None, None, false),
            ("apart a", of_a, None, None, false),
            ("apart b", of_b, None, None, false),
        ] {
            let thing = Thing {
                incident: is_incident.then(|| IncidentId::new(format!("inc-{}", digits(name, 12)))),
                source,
                team,
                members,
                group: AlertGroupId::new(format!("grp-{}", digits(name, 16))),
                alerts: (0..ALERTS_EACH)
                    .map(|number| AlertId::new(format!("alr-{}", digits(&format!("{name} {number}"), 16))))
                    .collect(),
                word: word(name),
                alert_word: word(&format!("alert {name}")),
            };
            self.add(&thing).await;
            self.things.push(thing);
        }
    }

    async fn add(&self, thing: &Thing) {
        let event = self.source(thing.source).events[0];
        let progress = self.bench.store.progress().await.unwrap();
        let alerts = thing.alerts.iter().map(|id| new_alert(thing, id, event)).collect();
        let outputs = Outputs { processed: progress.processed, window: progress.window, alerts, health: Vec::new() };
        self.bench.store.commit(self.bench.clock.now(), &outputs).await.unwrap();
        if let Some(id) = &thing.incident {
            let story = story(id, &thing.word).to_string().into_bytes();
            let told = told(thing, &story);
            let why = vec![format!("because of {}", thing.word)];
            let mut facts = vec![IncidentFact::Opened { told, why }];
            facts.extend(thing.team.clone().map(|team| IncidentFact::TeamChanged { team: Some(team) }));
            facts.extend(thing.members.clone().map(|members| IncidentFact::Restricted { members }));
            let stream = format!("incident/{id}");
            let text = Text::try_from(format!("a note about {}", thing.word)).unwrap();
            let noted = [NoteFact::Written { text }];
            let stories = vec![(quell_model::hex::encode(&Sha256::digest(&story)), story)];
            self.bench.store.append_told(self.bench.clock.now(), entries(&stream, &facts), stories).await.unwrap();
            self.bench.append(&stream, &noted).await;
            self.bench.append(&format!("timeline/{id}"), &[happened(&thing.word)]).await;
        }
        for id in &thing.alerts {
            let reason = format!("decided about {}", thing.alert_word);
            let fact =
                AlertFact::StatusChanged { status: AlertStatus::Confirmed, reason, by: None, duplicate_of: None };
            self.bench.append(&format!("alert/{id}"), &[fact]).await;
        }
    }

    pub(super) fn source(&self, name: &str) -> &Origin {
        self.sources.iter().find(|source| source.name == name).unwrap()
    }

    pub(super) fn sees_source(&self, person: &Person, source: &str) -> bool {
        self.source(source).team.as_ref().is_none_or(|team| person.teams.contains(team))
    }

    pub(super) fn sees_incident(&self, person: &Person, thing: &Thing) -> bool {
        match (&thing.members, &thing.team) {
            (Some(members), _) => members.contains(&person.id),
            (None, Some(team)) => person.teams.contains(team),
            (None, None) => self.sees_source(person, thing.source),
        }
    }

    pub(super) fn sees_alerts(&self, person: &Person, thing: &Thing) -> bool {
        self.sees_source(person, thing.source) && (thing.incident.is_none() || self.sees_incident(person, thing))
    }

    /// Everything that this person must not learn.
    pub(super) fn hidden(&self, person: &Person) -> Hidden {
        let mut hidden = Hidden::default();
        for thing in &self.things {
            if let Some(incident) = &thing.incident
                && !self.sees_incident(person, thing)
            {
                hidden.words.push(thing.word.clone());
                hidden.incidents.push(incident.to_string());
            }
            if !self.sees_alerts(person, thing) {
                hidden.words.push(thing.alert_word.clone());
                hidden.alerts.extend(thing.alerts.iter().map(ToString::to_string));
            }
            let told = thing.incident.is_some() && self.sees_incident(person, thing);
            if !told && !self.sees_alerts(person, thing) {
                hidden.groups.push(thing.group.to_string());
            }
        }
        for source in self.sources.iter().filter(|source| !self.sees_source(person, source.name)) {
            hidden.words.push(source.word.clone());
            hidden.events.extend(source.events.iter().map(ToString::to_string));
            // Whoever may see an incident reads in its entries from which sources it comes.
            let named = self.things.iter().any(|thing| {
                thing.source == source.name && thing.incident.is_some() && self.sees_incident(person, thing)
            });
            if !named {
                hidden.sources.push(source.name.to_owned());
            }
        }
        hidden
    }
}

/// A word that is found nowhere else.
pub(super) fn word(name: &str) -> String {
    format!("zq{}qz", digits(&format!("word of {name}"), 12))
}

/// Whether a person may call for what this right is.
pub(super) fn may(person: &Person, right: Right) -> bool {
    person.role.allows(right)
}

fn entries(stream: &str, facts: &[IncidentFact]) -> Vec<NewLedgerEntry> {
    let entry = |(version, fact): (u64, &IncidentFact)| {
        let (kind, body) = quell_incident::Fact::parts(fact);
        let (stream, actor) = (stream.to_owned(), SYSTEM_ACTOR.to_owned());
        NewLedgerEntry { stream, expected: quell_model::Expected::Version(version), actor, kind, body }
    };
    (0..).zip(facts).map(entry).collect()
}

fn new_alert(thing: &Thing, id: &AlertId, event: EventId) -> NewAlert {
    let word = &thing.alert_word;
    NewAlert {
        id: id.clone(),
        group: thing.group.clone(),
        event,
        source: thing.source.to_owned(),
        mapping: "aws.cloudtrail".to_owned(),
        rule_id: format!("rule-{word}"),
        title: format!("Title {word}"),
        level: Level::Medium,
        tags: vec!["attack.t1562.008".to_owned()],
        time: Some("2026-09-21T09:00:00Z".parse().unwrap()),
        subject: format!("subject {word}"),
        matched: json!({ "host": word }).to_string(),
        words: trail_stopped(word, 0).to_string(),
    }
}

fn told(thing: &Thing, story: &[u8]) -> Told {
    let word = &thing.word;
    Told {
        title: format!("Somebody did something on {word}"),
        severity: Level::High,
        first_seen: Some("2026-09-21T09:00:00Z".parse().unwrap()),
        last_seen: Some("2026-09-21T09:30:00Z".parse().unwrap()),
        techniques: vec!["T1562.008".to_owned()],
        hosts: vec![word.clone()],
        principals: vec![format!("user-{word}")],
        groups: vec![thing.group.clone()],
        alerts: ALERTS_EACH,
        sources: vec![thing.source.to_owned()],
        story: quell_model::hex::encode(&Sha256::digest(story)),
    }
}

/// A story as the engine tells it, about a host of this name.
pub(super) fn story(id: &IncidentId, host: &str) -> Value {
    let entry = json!({
        "kind": "principal", "time": "2026-09-21T09:00:00Z", "host": host, "process": null, "principal": host,
        "credential": null, "url": null, "file": null, "address": null,
    });
    let evidence = json!([{ "file": "source", "record": 1, "source": "aws.cloudtrail", "position": 1 }]);
    json!({
        "id": id, "title": format!("Somebody did something on {host}"), "severity": "high",
        "severity_reasons": [{ "level": "high", "text": format!("a trail was stopped on {host}") }],
        "first_seen": "2026-09-21T09:00:00Z", "last_seen": "2026-09-21T09:30:00Z",
        "alerts": [], "alerts_folded": 0, "techniques": ["T1562.008"], "nodes_to_read": 2,
        "root_cause": {
            "entry": entry, "weakness": format!("a key of {host}"), "confidence": "medium",
            "confidence_reasons": [], "candidates": [{ "rank": 1, "score": 1.0, "entry": entry, "why": host }],
            "chain": [{
                "time": "2026-09-21T09:00:00Z", "source_kind": "principal", "source": host, "action": "stopped",
                "target_kind": "service", "target": host, "host": host, "detail": host, "evidence": evidence,
                "alerts": [], "techniques": ["T1562.008"], "inferred": false, "inferred_why": null,
            }],
        },
        "scope": {
            "hosts": [host], "principals": [host], "credentials": [], "processes": [], "files": [], "resources": [],
        },
        "endpoints": [], "missing_telemetry": [], "next_actions": [],
    })
}

/// Something on the timeline that says a word.
fn happened(word: &str) -> TimelineFact {
    let item = TimelineItem {
        kind: MomentKind::Finding,
        at: jiff::Timestamp::UNIX_EPOCH,
        discovered_at: None,
        title: format!("found {word}").try_into().unwrap(),
        text: None,
        parent: None,
        references: Default::default(),
    };
    TimelineFact::Added { item }
}
