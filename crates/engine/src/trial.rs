//! Rules that are held against events that are there: one in force, or what somebody is just writing. They raise nothing.

use quell_detect::{LoadError, Placeholders, Rule, RuleSet, oracle};
use quell_model::{Event, FieldTable};
use quell_normalize::Normalizer;

use crate::Knowledge;

/// Most rules of one text: each may be compiled into megabytes.
const RULES_MAX: usize = 5;

/// Rules to hold against events.
#[derive(Debug)]
pub struct Trial(Tried);

#[derive(Debug)]
enum Tried {
    /// Position of a rule in force.
    InForce(usize),
    /// With the fields that they read: nothing in force may read them.
    Written(Box<(RuleSet, FieldTable)>),
}

impl Knowledge {
    /// The rule in force with this id.
    #[must_use]
    pub fn trial_of(&self, id: &str) -> Option<Trial> {
        self.rules().iter().position(|rule| rule.meta.id == id).map(|at| Trial(Tried::InForce(at)))
    }

    /// The rules of a Sigma text, narrowed by the filters in it. Filters in force do not count, nor which ids are.
    ///
    /// # Errors
    /// What is wrong with it; an empty list, if there is no rule in it.
    pub fn trial(&self, text: &str) -> Result<Trial, Vec<LoadError>> {
        // What stands before the first of them may be a rule, too.
        if text.lines().filter(|line| line.starts_with("---")).count() >= RULES_MAX {
            let reason = format!("try at most {RULES_MAX} rules at once");
            return Err(vec![LoadError { file: "text".to_owned(), reason }]);
        }
        let (mut rules, mut table) = (RuleSet::default(), self.table.clone());
        rules.add_file("text", text, &mut table, &Placeholders::default());
        rules.narrow();
        if rules.rules.is_empty() || !rules.refused.is_empty() {
            return Err(rules.refused);
        }
        Ok(Trial(Tried::Written(Box::new((rules, table)))))
    }
}

impl Trial {
    /// The rules.
    #[must_use]
    pub fn rules<'t>(&'t self, knowledge: &'t Knowledge) -> &'t [Rule] {
        match &self.0 {
            Tried::InForce(at) => &knowledge.rules()[*at..=*at],
            Tried::Written(written) => &written.0.rules,
        }
    }

    /// What reads events so that they have the fields of the rules.
    #[must_use]
    pub fn normalizer<'t>(&'t self, knowledge: &'t Knowledge) -> Normalizer<'t> {
        match &self.0 {
            Tried::InForce(_) => knowledge.mappings.normalizer(&knowledge.table),
            Tried::Written(written) => knowledge.mappings.normalizer(&written.1),
        }
    }

    /// Whether one of the rules matches an event that [`Trial::normalizer`] read.
    #[must_use]
    pub fn matches(&self, knowledge: &Knowledge, normalizer: &Normalizer<'_>, event: &Event) -> bool {
        let set = match &self.0 {
            Tried::InForce(_) => knowledge.detector.rules(),
            Tried::Written(written) => &written.0,
        };
        let Some(source) = normalizer.log_source(event.log_source) else { return false };
        let matches = |rule| oracle::matches((set, rule), source, &event.fields, &event.raw);
        self.rules(knowledge).iter().any(matches)
    }
}
