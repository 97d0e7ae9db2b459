//! The index of one field: which predicates a value makes true.

use std::collections::{HashMap, HashSet};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use quell_model::Scalar;

use crate::pattern::{Pattern, Shape, fold};
use crate::{Predicate, PredicateId, Test};

/// Below this many literals a deterministic automaton is small enough to be always worth it.
const DFA_LITERALS_MAX: usize = 3_000;

/// Literals found in one value before repeats are looked for.
const REPEATS_FREE: u32 = 64;

/// How a literal that was found decides about its predicate.
#[derive(Debug, Clone)]
enum Decision {
    Contains,
    StartsWith,
    EndsWith,
    /// The literal is only necessary; the whole pattern has to be tried.
    Verify(Box<Pattern>),
}

/// Index over the values of one field.
#[derive(Debug, Default)]
pub(super) struct Probe {
    exact: HashMap<Box<str>, Vec<PredicateId>, foldhash::fast::FixedState>,
    automaton: Option<AhoCorasick>,
    /// Per literal of the automaton.
    literals: Vec<Vec<(PredicateId, Decision)>>,
    /// Tried on every value.
    each: Vec<(PredicateId, Test)>,
}

/// Collects what a [`Probe`] has to find.
#[derive(Debug, Default)]
pub(super) struct ProbeBuilder {
    probe: Probe,
    literal_ids: HashMap<String, usize, foldhash::fast::FixedState>,
    texts: Vec<String>,
}

impl ProbeBuilder {
    pub(super) fn add(&mut self, id: PredicateId, predicate: &Predicate) {
        let Test::Text(patterns) = &predicate.test else {
            self.probe.each.push((id, predicate.test.clone()));
            return;
        };
        for pattern in patterns {
            self.add_pattern(id, pattern);
        }
    }

    fn add_pattern(&mut self, id: PredicateId, pattern: &Pattern) {
        let decision = match &pattern.shape {
            // Probes see folded text only.
            _ if pattern.cased => return self.probe.each.push((id, Test::Text(vec![pattern.clone()]))),
            Shape::Exact(text) => {
                return self.probe.exact.entry(text.as_str().into()).or_default().push(id);
            }
            Shape::Contains(_) => Decision::Contains,
            Shape::StartsWith(_) => Decision::StartsWith,
            Shape::EndsWith(_) => Decision::EndsWith,
            Shape::Present | Shape::Glob(_) => Decision::Verify(Box::new(pattern.clone())),
        };
        match pattern.longest_literal().filter(|literal| !literal.is_empty()) {
            Some(literal) => self.add_literal(fold(literal), id, decision),
            None => self.probe.each.push((id, Test::Text(vec![pattern.clone()]))),
        }
    }

    fn add_literal(&mut self, literal: String, id: PredicateId, decision: Decision) {
        let next = self.texts.len();
        let at = *self.literal_ids.entry(literal.clone()).or_insert(next);
        if at == next {
            self.texts.push(literal);
            self.probe.literals.push(Vec::new());
        }
        self.probe.literals[at].push((id, decision));
    }

    pub(super) fn build(mut self) -> Probe {
        if !self.texts.is_empty() {
            let kind = if self.texts.len() <= DFA_LITERALS_MAX {
                AhoCorasickKind::DFA
            } else {
                AhoCorasickKind::ContiguousNFA
            };
            // Values are short: looking for rare bytes first costs more than it saves.
            let mut builder = AhoCorasick::builder();
            builder.match_kind(MatchKind::Standard).kind(Some(kind)).prefilter(false);
            match builder.build(&self.texts) {
                Ok(automaton) => self.probe.automaton = Some(automaton),
                // Too large for an automaton: every literal is tried by itself, slower but right.
                Err(_) => self.spill(),
            }
        }
        self.probe
    }

    fn spill(&mut self) {
        for (text, uses) in self.texts.iter().zip(std::mem::take(&mut self.probe.literals)) {
            for (id, decision) in uses {
                let shape = match decision {
                    Decision::Contains => Shape::Contains(text.clone()),
                    Decision::StartsWith => Shape::StartsWith(text.clone()),
                    Decision::EndsWith => Shape::EndsWith(text.clone()),
                    Decision::Verify(pattern) => pattern.shape,
                };
                self.probe.each.push((id, Test::Text(vec![Pattern { cased: false, shape }])));
            }
        }
    }
}

impl Probe {
    /// Whether values have to be folded for this probe.
    pub(super) fn reads_text(&self) -> bool {
        self.automaton.is_some() || !self.exact.is_empty()
    }

    /// Calls `hit` for each predicate that the folded `text` makes true.
    pub(super) fn find(&self, text: &str, mut hit: impl FnMut(PredicateId)) {
        if let Some(ids) = self.exact.get(text) {
            ids.iter().for_each(|id| hit(*id));
        }
        let Some(automaton) = &self.automaton else { return };
        // A value that repeats a literal a million times must not be judged a million times; usual values repeat none.
        let (mut found_count, mut decided) = (0, HashSet::<u32, foldhash::fast::FixedState>::default());
        for found in automaton.find_overlapping_iter(text) {
            found_count += 1;
            let repeated = found_count > REPEATS_FREE && !decided.insert(found.pattern().as_u32());
            for (id, decision) in &self.literals[found.pattern().as_usize()] {
                let holds = match decision {
                    Decision::StartsWith => found.start() == 0,
                    Decision::EndsWith => found.end() == text.len(),
                    Decision::Contains => !repeated,
                    Decision::Verify(pattern) => !repeated && pattern.matches(text),
                };
                if holds {
                    hit(*id);
                }
            }
        }
    }

    /// Calls `hit` for each predicate without a literal that `value` makes true.
    pub(super) fn try_each(&self, value: Scalar<'_>, mut hit: impl FnMut(PredicateId)) {
        for (id, test) in &self.each {
            let holds = match test {
                Test::Exists(true) => value != Scalar::Null,
                test => test.matches_value(value),
            };
            if holds {
                hit(*id);
            }
        }
    }
}
