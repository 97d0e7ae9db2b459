//! Choosing witnesses: for each rule a small set of predicates of which one must be true for the rule to match.

use std::collections::HashMap;

use quell_model::FieldId;

use crate::pattern::{Pattern, Shape};
use crate::{Expr, PredicateId, PredicateTable, Test};

/// How often each test of a field occurs in the rules; frequent tests are frequently true.
#[derive(Debug, Default)]
pub(super) struct Popularity<'a>(HashMap<(Option<FieldId>, &'a Pattern), u32, foldhash::fast::FixedState>);

impl<'a> Popularity<'a> {
    pub(super) fn add(&mut self, table: &'a PredicateTable, condition: &Expr) {
        condition.for_each_leaf(&mut |id| {
            let predicate = table.get(id);
            if let Test::Text(patterns) = &predicate.test {
                for pattern in patterns {
                    *self.0.entry((predicate.field, pattern)).or_default() += 1;
                }
            }
        });
    }

    fn of(&self, field: Option<FieldId>, pattern: &Pattern) -> f64 {
        self.0.get(&(field, pattern)).copied().unwrap_or_default().into()
    }
}

/// Predicates of which at least one is true whenever `expr` is, with an estimate of how often that happens. None where
/// `expr` can be true without any positive test, as with a bare `not`.
pub(super) fn choose(
    expr: &Expr,
    table: &PredicateTable,
    popularity: &Popularity<'_>,
) -> Option<(f64, Vec<PredicateId>)> {
    match expr {
        Expr::Leaf(id) => cost(*id, table, popularity).map(|cost| (cost, vec![*id])),
        Expr::Not(_) => None,
        Expr::And(parts) => {
            let options = parts.iter().filter_map(|part| choose(part, table, popularity));
            options.min_by(|a, b| a.0.total_cmp(&b.0))
        }
        Expr::Or(parts) => {
            let mut total = (0.0, Vec::new());
            for part in parts {
                let (cost, ids) = choose(part, table, popularity)?;
                total.0 += cost;
                total.1.extend(ids);
            }
            Some(total)
        }
    }
}

/// Rough probability, times a thousand, that a predicate is true; none if absence makes it true.
fn cost(id: PredicateId, table: &PredicateTable, popularity: &Popularity<'_>) -> Option<f64> {
    let predicate = table.get(id);
    Some(match &predicate.test {
        Test::Text(patterns) => {
            let cost: f64 =
                patterns.iter().map(|pattern| rarity(pattern) * (1.0 + popularity.of(predicate.field, pattern))).sum();
            // A keyword reads the whole record.
            if predicate.field.is_none() { cost + 200.0 } else { cost }
        }
        Test::Null | Test::Exists(false) => return None,
        Test::Exists(true) => 500.0,
        Test::Bool(_) | Test::Number(..) | Test::Time(..) | Test::FieldRef(..) => 300.0,
        Test::Cidr(_) => 200.0,
        Test::Regex(_) => 400.0,
    })
}

fn rarity(pattern: &Pattern) -> f64 {
    let exact = matches!(pattern.shape, Shape::Exact(_));
    match pattern.longest_literal().map(str::len) {
        None => 500.0,
        Some(_) if exact => 1.0,
        Some(0 | 1) => 300.0,
        Some(2) => 100.0,
        Some(3) => 20.0,
        Some(4) => 5.0,
        Some(_) => 1.0,
    }
}
