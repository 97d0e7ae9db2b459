//! The compiled rules of one log source.

use std::collections::{BTreeMap, BTreeSet};

use quell_model::{FieldId, Fields, Scalar};

use super::probe::{Probe, ProbeBuilder};
use super::witness::{self, Popularity};
use super::{RuleIndex, Scratch};
use crate::keyword;
use crate::sigma::RuleSet;
use crate::{Expr, PredicateId, PredicateTable, Test};

/// A list with more patterns than this goes into the field's automaton even if no rule waits for it: trying the
/// patterns one by one would cost more.
const LAZY_PATTERNS_MAX: usize = 12;
const NO_PROBE: u16 = u16::MAX;

/// Rules with the index that says which of them an event can match.
#[derive(Debug)]
pub(super) struct Partition {
    rules: Vec<LocalRule>,
    /// Local rules that have no witness and are evaluated for every event.
    always: Vec<u32>,
    probes: Vec<Probe>,
    /// Per field id: position in `probes`.
    probe_of: Vec<u16>,
    /// Per predicate: the probes decide it, so "not found" is "false".
    eager: Vec<bool>,
    /// Per predicate: local rules that wait for it.
    watchers: Vec<Vec<u32>>,
    /// Keyword predicates that rules wait for.
    keywords: Vec<PredicateId>,
    /// Tells which records cannot hold any of those keywords.
    keyword_gate: Option<keyword::Gate>,
    /// Per field id: its folded values are needed.
    folded: Vec<bool>,
}

#[derive(Debug)]
struct LocalRule {
    index: RuleIndex,
    condition: Expr,
}

impl Partition {
    pub(super) fn build(set: &RuleSet, rules: &[RuleIndex]) -> Partition {
        let table = &set.predicates;
        let mut partition = Partition {
            rules: Vec::new(),
            always: Vec::new(),
            probes: Vec::new(),
            probe_of: Vec::new(),
            eager: vec![false; table.len()],
            watchers: vec![Vec::new(); table.len()],
            keywords: Vec::new(),
            keyword_gate: None,
            folded: Vec::new(),
        };
        let eager = partition.choose_witnesses(set, rules);
        partition.build_probes(table, &eager);
        partition.note_folded(table);
        partition
    }

    /// Gives each rule its witness; returns the predicates that the probes have to decide.
    fn choose_witnesses(&mut self, set: &RuleSet, rules: &[RuleIndex]) -> BTreeSet<PredicateId> {
        let table = &set.predicates;
        let mut popularity = Popularity::default();
        for rule in rules {
            popularity.add(table, &set.rules[rule.index()].condition);
        }
        let mut eager = BTreeSet::new();
        for (local, &index) in (0u32..).zip(rules) {
            let condition = &set.rules[index.index()].condition;
            match witness::choose(condition, table, &popularity) {
                None => self.always.push(local),
                Some((_, ids)) => {
                    for id in ids {
                        self.watchers[id.index()].push(local);
                        eager.insert(id);
                    }
                }
            }
            condition.for_each_leaf(&mut |id| {
                if table.get(id).field.is_some()
                    && let Test::Text(patterns) = &table.get(id).test
                    && patterns.len() > LAZY_PATTERNS_MAX
                {
                    eager.insert(id);
                }
            });
            self.rules.push(LocalRule { index, condition: ordered(condition, table) });
        }
        for id in &eager {
            let watchers = &mut self.watchers[id.index()];
            watchers.dedup();
        }
        eager
    }

    fn build_probes(&mut self, table: &PredicateTable, eager: &BTreeSet<PredicateId>) {
        let mut builders: BTreeMap<FieldId, ProbeBuilder> = BTreeMap::new();
        for &id in eager {
            let predicate = table.get(id);
            match predicate.field {
                // Tests that look at more than one value stay lazy; their rules are evaluated for every event.
                _ if matches!(predicate.test, Test::FieldRef(..)) => {
                    self.always.append(&mut self.watchers[id.index()].clone());
                }
                Some(field) => {
                    builders.entry(field).or_default().add(id, predicate);
                    self.eager[id.index()] = true;
                }
                None => self.keywords.push(id),
            }
        }
        let wanted = self.keywords.iter().filter_map(|id| match &table.get(*id).test {
            Test::Text(patterns) => Some(patterns),
            _ => None,
        });
        self.keyword_gate = keyword::Gate::new(wanted.flatten());
        for (field, builder) in builders {
            if self.probe_of.len() <= field.index() {
                self.probe_of.resize(field.index() + 1, NO_PROBE);
            }
            // There are fewer fields with probes than u16::MAX: SigmaHQ names 408 fields in all.
            self.probe_of[field.index()] = self.probes.len().min(usize::from(NO_PROBE - 1)) as u16;
            self.probes.push(builder.build());
        }
    }

    /// Notes the fields whose folded values probes or lazy text tests read.
    fn note_folded(&mut self, table: &PredicateTable) {
        let mut fields = BTreeSet::new();
        for rule in &self.rules {
            rule.condition.for_each_leaf(&mut |id| {
                let predicate = table.get(id);
                if matches!(predicate.test, Test::Text(_)) {
                    fields.extend(predicate.field);
                }
            });
        }
        self.folded = vec![false; fields.last().map_or(0, |field| field.index() + 1)];
        for field in fields {
            self.folded[field.index()] = true;
        }
    }

    pub(super) fn scan(&self, set: &RuleSet, scratch: &mut Scratch, fields: &Fields, raw: &[u8]) {
        if self.rules.is_empty() {
            return;
        }
        scratch.fold_values(fields, |field| self.folded.get(field.index()).copied().unwrap_or(false));
        self.probe_values(scratch, fields);
        self.probe_keywords(set, scratch, raw);
        self.always.iter().for_each(|rule| scratch.add_candidate(*rule));

        let candidates = std::mem::take(&mut scratch.candidates);
        for &local in &candidates {
            let rule = &self.rules[local as usize];
            if rule.condition.evaluate(&mut |id| self.holds(set, scratch, id, (fields, raw))) {
                scratch.add_found(rule.index);
            }
        }
        scratch.candidates = candidates;
    }

    fn probe(&self, field: FieldId) -> Option<&Probe> {
        let at = *self.probe_of.get(field.index())?;
        self.probes.get(usize::from(at))
    }

    fn probe_values(&self, scratch: &mut Scratch, fields: &Fields) {
        let mut hits: Vec<PredicateId> = std::mem::take(&mut scratch.hits);
        let mut at = 0;
        while let Some((field, text)) = scratch.value(at) {
            if let Some(probe) = self.probe(field).filter(|probe| probe.reads_text()) {
                probe.find(text, |id| hits.push(id));
            }
            at += 1;
        }
        for (field, value) in fields.iter() {
            if let Some(probe) = self.probe(field) {
                probe.try_each(value, |id| hits.push(id));
            }
        }
        for id in hits.drain(..) {
            self.fire(scratch, id);
        }
        scratch.hits = hits;
    }

    fn probe_keywords(&self, set: &RuleSet, scratch: &mut Scratch, raw: &[u8]) {
        if self.keywords.is_empty() {
            return;
        }
        if self.keyword_gate.as_ref().is_some_and(|gate| !gate.may_hold(raw, &mut scratch.lower)) {
            self.keywords.iter().for_each(|id| scratch.set(*id, false));
            return;
        }
        for &id in &self.keywords {
            if self.keyword_holds(set, scratch, id, raw) {
                self.fire(scratch, id);
            } else {
                scratch.set(id, false);
            }
        }
    }

    fn fire(&self, scratch: &mut Scratch, id: PredicateId) {
        if scratch.known(id) == Some(true) {
            return;
        }
        scratch.set(id, true);
        for &rule in &self.watchers[id.index()] {
            scratch.add_candidate(rule);
        }
    }

    /// Value of a predicate, computed at most once per event.
    fn holds(&self, set: &RuleSet, scratch: &mut Scratch, id: PredicateId, (fields, raw): (&Fields, &[u8])) -> bool {
        if let Some(known) = scratch.known(id) {
            return known;
        }
        if self.eager[id.index()] {
            return false;
        }
        let predicate = set.predicates.get(id);
        let value = match (predicate.field, &predicate.test) {
            (None, _) => self.keyword_holds(set, scratch, id, raw),
            (Some(field), Test::Text(patterns)) if patterns.iter().all(|pattern| !pattern.cased) => {
                scratch.values_of(field).any(|text| patterns.iter().any(|pattern| pattern.matches(text)))
                    || predicate.test.matches_value(Scalar::Nested) && fields.all(field).any(|v| v == Scalar::Nested)
            }
            _ => predicate.matches(fields, raw),
        };
        scratch.set(id, value);
        value
    }

    fn keyword_holds(&self, set: &RuleSet, scratch: &mut Scratch, id: PredicateId, raw: &[u8]) -> bool {
        let Test::Text(patterns) = &set.predicates.get(id).test else { return false };
        let text = scratch.keyword_text.get_or_insert_with(|| keyword::text_of(raw));
        keyword::matches(patterns, text)
    }
}

/// The same expression with cheap tests first.
fn ordered(expr: &Expr, table: &PredicateTable) -> Expr {
    match expr {
        Expr::Leaf(id) => Expr::Leaf(*id),
        Expr::Not(part) => Expr::Not(Box::new(ordered(part, table))),
        Expr::And(parts) => Expr::And(sorted(parts, table)),
        Expr::Or(parts) => Expr::Or(sorted(parts, table)),
    }
}

fn sorted(parts: &[Expr], table: &PredicateTable) -> Vec<Expr> {
    let mut parts: Vec<Expr> = parts.iter().map(|part| ordered(part, table)).collect();
    parts.sort_by_key(|part| effort(part, table));
    parts
}

fn effort(expr: &Expr, table: &PredicateTable) -> usize {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().map(|part| effort(part, table)).sum(),
        Expr::Not(part) => effort(part, table) + 1,
        Expr::Leaf(id) => match &table.get(*id).test {
            Test::Text(_) if table.get(*id).field.is_none() => 500,
            Test::Text(patterns) => 2 * patterns.len(),
            Test::Regex(_) => 200,
            Test::Cidr(_) | Test::Time(..) => 20,
            _ => 1,
        },
    }
}
