//! The plain reading of rules: every rule, every part, one after the other.
//!
//! Slow on purpose. The fast matcher must give the same answer (invariant 5); tests and `make corpora` compare them.

use quell_model::{Fields, LogSource};

use crate::sigma::{Filter, Rule, RuleSet};
use crate::{Expr, RuleIndex};

/// The rules that match, in order of the rule set.
#[must_use]
pub fn matching(rules: &RuleSet, source: &LogSource, fields: &Fields, raw: &[u8]) -> Vec<RuleIndex> {
    let mut found = Vec::new();
    for (index, rule) in rules.rules.iter().enumerate() {
        if matches((rules, rule), source, fields, raw) {
            found.push(RuleIndex(index as u32));
        }
    }
    found
}

/// Whether a rule of a rule set matches.
#[must_use]
pub fn matches((rules, rule): (&RuleSet, &Rule), source: &LogSource, fields: &Fields, raw: &[u8]) -> bool {
    rule.applies_to(source) && holds(rules, &rule.condition, fields, raw)
}

/// Whether a filter lets an event through to the rules that it is for.
#[must_use]
pub fn passes(rules: &RuleSet, filter: &Filter, fields: &Fields, raw: &[u8]) -> bool {
    holds(rules, filter.condition(), fields, raw)
}

fn holds(rules: &RuleSet, expr: &Expr, fields: &Fields, raw: &[u8]) -> bool {
    match expr {
        Expr::And(parts) => parts.iter().all(|part| holds(rules, part, fields, raw)),
        Expr::Or(parts) => parts.iter().any(|part| holds(rules, part, fields, raw)),
        Expr::Not(part) => !holds(rules, part, fields, raw),
        Expr::Leaf(id) => rules.predicates.get(*id).matches(fields, raw),
    }
}
