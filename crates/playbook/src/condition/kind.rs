//! Which comparisons a CACAO type has. Where the texts are silent, this is our definition:
//!
//! - integer, long, float are numbers; bool knows equality only.
//! - string and every unknown type is text, compared by code points. Compared with a moment (`t'…'`) it is read as one.
//! - hexstring and uri are text; uuid and hashes are text without regard to case. Bytes (`h'…'`, `b'…'`) compare with hex digits.
//! - Addresses compare as addresses, hardware addresses in any usual spelling; neither has an order.
//! - A dictionary is only asked whether it is there, or for its members.

use super::{Check, ConditionError, Literal, Test, forms};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Flag,
    Text,
    Hex,
    Folded,
    Address,
    Hardware,
    Dictionary,
}

impl Kind {
    pub(super) fn of(kind: &str) -> Kind {
        match kind {
            "integer" | "long" | "float" => Kind::Number,
            "bool" => Kind::Flag,
            "hexstring" => Kind::Hex,
            "uuid" | "hash" | "md5-hash" | "sha256-hash" => Kind::Folded,
            "ipv4-addr" | "ipv6-addr" => Kind::Address,
            "mac-addr" => Kind::Hardware,
            "dictionary" => Kind::Dictionary,
            _ => Kind::Text,
        }
    }

    /// Why a value of this kind is never compared so; none if it may be.
    pub(super) fn refuses(self, check: &Check) -> Option<&'static str> {
        match check {
            Check::Exists => None,
            Check::Equal(literal) | Check::Different(literal) => self.refuses_literal(literal),
            Check::Order(_, literal) => self.refuses_order().or_else(|| self.refuses_literal(literal)),
            Check::In(literals) => literals.iter().find_map(|literal| self.refuses_literal(literal)),
            Check::Pattern(_) if matches!(self, Kind::Number | Kind::Flag | Kind::Dictionary) => {
                Some("is no text; compare it with `=`, `!=`, `<` or `>`")
            }
            Check::Pattern(_) => None,
            Check::Subset(_) | Check::Superset(_) if matches!(self, Kind::Address | Kind::Text) => None,
            Check::Subset(_) | Check::Superset(_) => Some("is no address; only those lie in networks"),
        }
    }

    fn refuses_order(self) -> Option<&'static str> {
        let ordered = matches!(self, Kind::Number | Kind::Text | Kind::Hex | Kind::Folded);
        (!ordered).then_some("has no order; compare it with `=` or `!=`")
    }

    fn refuses_literal(self, literal: &Literal) -> Option<&'static str> {
        match (self, literal) {
            (Kind::Number, Literal::Number(_)) | (Kind::Flag, Literal::Flag(_)) => None,
            (Kind::Text | Kind::Hex | Kind::Folded, Literal::Text(_)) => None,
            (Kind::Hex | Kind::Folded, Literal::Bytes(_)) | (Kind::Text, Literal::Instant(_)) => None,
            (Kind::Address, Literal::Text(text)) if forms::network(text).is_some() => None,
            (Kind::Hardware, Literal::Text(text)) if forms::hardware_address(text).is_some() => None,
            (Kind::Number, _) => Some("is a number; compare it with one, without quotes"),
            (Kind::Flag, _) => Some("is a bool; compare it with `true` or `false`, without quotes"),
            (Kind::Address, _) => Some("is an address; compare it with one, such as '192.0.2.1'"),
            (Kind::Hardware, _) => Some("is a hardware address; compare it with one, such as '02:00:5e:10:00:01'"),
            (Kind::Dictionary, _) => Some("is a dictionary; compare a member, such as `__name__:value.member`"),
            _ => Some("is text; compare it with text in single quotes"),
        }
    }
}

/// What is wrong with a comparison of a variable of this type.
pub(super) fn mismatch(test: &Test, kind: &str) -> Option<ConditionError> {
    let name = &test.path.name;
    let error = |what: &str| Some(ConditionError::new(test.at, format!("`{name}` {what}")));
    if !test.path.steps.is_empty() {
        return if kind == "dictionary" {
            None
        } else {
            error("has no members; leave out what stands behind `:value`")
        };
    }
    error(Kind::of(kind).refuses(&test.check)?)
}
