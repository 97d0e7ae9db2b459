//! A rule's condition, resolved down to predicates.

use crate::PredicateId;

/// A boolean expression over predicates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// All of them.
    And(Vec<Expr>),
    /// Any of them.
    Or(Vec<Expr>),
    /// The opposite.
    Not(Box<Expr>),
    /// A test of one field.
    Leaf(PredicateId),
}

impl Expr {
    /// Value of the expression, asking `leaf` for predicates from left to right and only as far as needed.
    pub fn evaluate(&self, leaf: &mut impl FnMut(PredicateId) -> bool) -> bool {
        match self {
            Expr::And(parts) => parts.iter().all(|part| part.evaluate(leaf)),
            Expr::Or(parts) => parts.iter().any(|part| part.evaluate(leaf)),
            Expr::Not(part) => !part.evaluate(leaf),
            Expr::Leaf(id) => leaf(*id),
        }
    }

    /// `And` of the parts; one part stands for itself.
    #[must_use]
    pub fn all(mut parts: Vec<Expr>) -> Expr {
        match (parts.len(), parts.pop()) {
            (1, Some(only)) => only,
            (_, last) => Expr::And(parts.into_iter().chain(last).collect()),
        }
    }

    /// `Or` of the parts; one part stands for itself.
    #[must_use]
    pub fn any(mut parts: Vec<Expr>) -> Expr {
        match (parts.len(), parts.pop()) {
            (1, Some(only)) => only,
            (_, last) => Expr::Or(parts.into_iter().chain(last).collect()),
        }
    }

    /// All predicates in the expression.
    pub fn for_each_leaf(&self, visit: &mut impl FnMut(PredicateId)) {
        match self {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| part.for_each_leaf(visit)),
            Expr::Not(part) => part.for_each_leaf(visit),
            Expr::Leaf(id) => visit(*id),
        }
    }
}
