//! The shared matcher: all rules for one log source compiled together.
//!
//! A [`Partition`] holds the rules that apply to one log source. Per field it has one table of exact values and one
//! automaton of literals; what they find makes predicates true, and only rules that wait for such a predicate (their
//! *witness*) are evaluated. Partitions are built when the first event of their log source arrives, and log sources with
//! the same rules share one.

mod partition;
mod probe;
mod scratch;
mod witness;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use quell_model::{Fields, LogSource};

use crate::sigma::RuleSet;
use partition::Partition;
pub use scratch::Scratch;

/// Position of a rule in its [`RuleSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleIndex(pub(crate) u32);

impl RuleIndex {
    /// Position in `RuleSet::rules`.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Rules compiled into partitions. Shared between threads; each brings its own [`Scratch`].
#[derive(Debug)]
pub struct Detector {
    rules: RuleSet,
    partitions: Mutex<HashMap<Vec<RuleIndex>, Arc<Partition>>>,
}

/// The rules for one log source, ready to scan.
#[derive(Debug, Clone)]
pub struct Scanner(Arc<Partition>);

impl Detector {
    /// A detector for `rules`, narrowed by their filters. Nothing is compiled before the first [`Detector::scanner`].
    #[must_use]
    pub fn new(mut rules: RuleSet) -> Detector {
        rules.narrow();
        Detector { rules, partitions: Mutex::default() }
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Compiles the rules that apply to `source`, or finds them compiled.
    #[must_use]
    pub fn scanner(&self, source: &LogSource) -> Scanner {
        let rules: Vec<RuleIndex> =
            self.indices().filter(|rule| self.rules.rules[rule.index()].applies_to(source)).collect();
        let mut known = self.partitions.lock().unwrap_or_else(PoisonError::into_inner);
        let partition = known.entry(rules).or_insert_with_key(|rules| Arc::new(Partition::build(&self.rules, rules)));
        Scanner(Arc::clone(partition))
    }

    /// The rules that match an event, in order of the rule set. `raw` is read only for keywords.
    pub fn scan<'s>(
        &self,
        scanner: &Scanner,
        scratch: &'s mut Scratch,
        (fields, raw): (&Fields, &[u8]),
    ) -> &'s [RuleIndex] {
        scratch.begin(self.rules.predicates.len());
        scanner.0.scan(&self.rules, scratch, fields, raw);
        scratch.found()
    }

    /// Rules that no event of `sources` can ever match: no mapping brings their product, category or service.
    pub fn without_source<'a>(&'a self, sources: &'a [LogSource]) -> impl Iterator<Item = RuleIndex> + 'a {
        self.indices().filter(|rule| !sources.iter().any(|source| self.rules.rules[rule.index()].applies_to(source)))
    }

    fn indices(&self) -> impl Iterator<Item = RuleIndex> + use<> {
        (0..self.rules.rules.len() as u32).map(RuleIndex)
    }
}
