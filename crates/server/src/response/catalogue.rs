//! Playbooks that can be run: our own and those of the organisation, by id, ready to be run.

use std::collections::{BTreeMap, BTreeSet};

use quell_playbook::run::{Plan, PlanError};
use quell_playbook::validate::{Grade, check};
use quell_playbook::{Document, DocumentError, EXTENSION, author};
use serde_json::Value;

/// All playbooks that there are.
#[derive(Debug, Default)]
pub(crate) struct Catalogue(BTreeMap<String, Listed>);

/// A playbook that can be run.
#[derive(Debug)]
pub(crate) struct Listed {
    /// Its short name.
    pub(crate) slug: String,
    pub(crate) document: Document,
    pub(crate) plan: Plan,
    /// Whether the organisation wrote it, and not we.
    pub(crate) is_own: bool,
}

/// Why a playbook of ours is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogueError {
    #[error("{0}: {1}")]
    Document(String, DocumentError),
    #[error("{0}: {1}")]
    Plan(String, PlanError),
    #[error("{0}: another playbook has this name, or the id {1}")]
    Twice(String, String),
    #[error("{0}: {1}; `quell playbook check` says the same of the file")]
    Invalid(String, String),
}

impl Catalogue {
    /// Our own playbooks, and those of the organisation. One of the organisation with the name of ours takes its place.
    ///
    /// # Errors
    /// One cannot be read or cannot be run, or two of the organisation have the same id.
    pub(crate) fn with(theirs: Vec<(String, String)>) -> Result<Catalogue, CatalogueError> {
        let ours = quell_content::playbooks().map(|file| {
            let slug = file.path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
            (slug.to_owned(), file.text.to_owned())
        });
        let mut all: BTreeMap<String, Listed> = BTreeMap::new();
        for (slug, text) in ours {
            let listed = Listed::read(slug, &text)?;
            all.insert(listed.plan.id.clone(), listed);
        }
        let mut ids = BTreeSet::new();
        for (slug, text) in theirs {
            all.retain(|_, listed| listed.slug != slug || ids.contains(&listed.plan.id));
            let listed = Listed { is_own: true, ..Listed::read(slug, &text)? };
            if let Some(wrong) = check(&listed.document).into_iter().find(|found| found.grade == Grade::Error) {
                return Err(CatalogueError::Invalid(listed.slug, format!("{}: {}", wrong.at, wrong.message)));
            }
            if all.values().any(|other| other.slug == listed.slug) || !ids.insert(listed.plan.id.clone()) {
                return Err(CatalogueError::Twice(listed.slug, listed.plan.id));
            }
            all.insert(listed.plan.id.clone(), listed);
        }
        Ok(Catalogue(all))
    }

    /// One of them, by id or short name.
    pub(crate) fn get(&self, name: &str) -> Option<&Listed> {
        self.0.get(name).or_else(|| self.0.values().find(|listed| listed.slug == name))
    }

    /// All of them, by id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Listed> {
        self.0.values()
    }
}

impl Listed {
    fn read(slug: String, text: &str) -> Result<Listed, CatalogueError> {
        let document = author::read(text).map_err(|error| CatalogueError::Document(slug.clone(), error))?;
        let plan = Plan::of(&document).map_err(|error| CatalogueError::Plan(slug.clone(), error))?;
        Ok(Listed { slug, document, plan, is_own: false })
    }

    /// What our extension says about it.
    pub(crate) fn ours(&self) -> &Value {
        &self.document.members().get("playbook_extensions").unwrap_or(&Value::Null)[EXTENSION]
    }
}

#[cfg(test)]
#[expect(clippy::print_stdout, reason = "how much was played is part of what this test says")]
mod tests {
    use quell_model::{IncidentId, Timestamp, UserId};
    use quell_playbook::run::{Around, Decision, Ended, Outcome, Run, RunFact, Stage, Wait, decide};
    use serde_json::json;

    use super::*;

    /// People who do what they are told, and a target that does what it is asked.
    struct Player<'a> {
        listed: &'a Listed,
        truth: bool,
        /// How often each variable was asked for.
        asked: BTreeMap<String, u64>,
    }

    impl Player<'_> {
        fn value(&mut self, name: &str) -> String {
            let asked = self.asked.entry(name.to_owned()).or_default();
            *asked += 1;
            // Some loops go on until nothing is left, others until enough is there or something is true.
            match self.listed.plan.variables.get(name).map(|one| one.kind.as_str()) {
                Some("bool" | "boolean") => (self.truth == (*asked % 2 == 1)).to_string(),
                Some("integer" | "long") => (100 * (*asked % 2)).to_string(),
                Some("ipv4-addr") => "192.0.2.7".to_owned(),
                _ => "confirmed".to_owned(),
            }
        }

        fn answer(&mut self, run: &Run) -> Vec<RunFact> {
            let waits = run.tokens.iter().filter_map(|(token, place)| match &place.stage {
                Stage::Waiting { wait, approved, .. } => Some((*token, wait.clone(), approved.len())),
                _ => None,
            });
            let waits: Vec<_> = waits.collect();
            waits
                .into_iter()
                .filter_map(|(token, wait, approved)| match wait {
                    Wait::Person { asks, .. } => {
                        let variables = asks.iter().map(|name| (name.clone(), self.value(name))).collect();
                        Some(RunFact::StepEnded { token, outcome: Outcome::Success, variables })
                    }
                    Wait::Approval { rendered, .. } => {
                        let by = UserId::new(format!("usr-{approved:016x}"));
                        Some(RunFact::Approved { token, rendered, by })
                    }
                    Wait::Evidence { .. } | Wait::Run { .. } => None,
                })
                .collect()
        }

        fn play(&mut self) -> Run {
            let needed: Vec<String> = self.listed.plan.asked().map(|(name, _)| name.clone()).collect();
            let variables = needed.iter().map(|name| (name.clone(), self.value(name))).collect();
            let document = Value::Object(self.listed.document.members().clone());
            let incident = IncidentId::new("inc-0123456789ab");
            let mut run =
                Run::begin(&RunFact::Begun { document, incident, variables, simulated: true, callers: Vec::new() })
                    .expect("a run");
            let classes = ["memory", "temporary", "disk", "remote_logs", "configuration", "archive"];
            let around = Around { sealed: classes.into_iter().map(str::to_owned).collect(), ..Around::default() };
            let (mut entry, mut at) = (1, Timestamp::UNIX_EPOCH);
            while run.ended.is_none() {
                let (decisions, next) = decide(&run, &around, at);
                let mut facts: Vec<RunFact> = decisions.into_iter().map(|decision| fact(&run, decision)).collect();
                if facts.is_empty() {
                    facts = self.answer(&run);
                }
                if facts.is_empty() {
                    at = next.unwrap_or_else(|| panic!("{} stands still: {:#?}", self.listed.slug, run.tokens));
                }
                for fact in facts {
                    entry += 1;
                    run.apply(entry, at, fact);
                }
            }
            run
        }
    }

    fn fact(run: &Run, decision: Decision) -> RunFact {
        let value = || json!("as it should be");
        match decision {
            Decision::Record(fact) => fact,
            Decision::Capture { token, call, .. } => {
                RunFact::Intended { token, call, captured: value(), expires_at: None }
            }
            Decision::Apply { effect } => RunFact::Applied { effect, applied: value() },
            Decision::Verify { effect, .. } => RunFact::Verified { effect, observed: "seen".to_owned() },
            Decision::Undo { effect } => RunFact::Undone { effect, observed: "seen".to_owned() },
            Decision::Call { .. } => panic!("{} calls another", run.plan.name),
        }
    }

    #[test]
    fn our_playbooks_come_to_their_end() {
        let catalogue = Catalogue::with(Vec::new()).expect("a catalogue");
        assert!(catalogue.iter().count() >= 31);
        let (mut steps, mut changes) = (BTreeSet::new(), 0);
        for listed in catalogue.iter() {
            let phases: BTreeSet<&str> =
                listed.plan.steps.values().filter_map(|step| step.ours.phase.as_deref()).collect();
            assert_eq!(phases.len(), 6, "{}: {phases:?}", listed.slug);
            for truth in [true, false] {
                let run = Player { listed, truth, asked: BTreeMap::new() }.play();
                assert_eq!(run.ended, Some(Ended::Completed), "{} {truth}: {:#?}", listed.slug, run.done.last());
                steps.extend(run.done.iter().map(|done| (listed.slug.clone(), done.step.clone())));
                changes += run.effects.len();
            }
        }
        let all: usize = catalogue.iter().map(|listed| listed.plan.steps.len()).sum();
        println!("{} of {all} steps played, {changes} changes intended", steps.len());
    }
}
