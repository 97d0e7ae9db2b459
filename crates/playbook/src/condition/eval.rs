//! Asks a condition about values. A value that is missing or of another form is an error, never a quiet false: whether an account
//! is locked must not depend on a typing mistake.

use std::cmp::Ordering;

use serde_json::Value;

use super::kind::{Kind, mismatch};
use super::{Check, ConditionError, Literal, Node, Number, PathStep, Test, Variable, forms};

type Variables<'v> = &'v dyn Fn(&str) -> Option<Variable>;

pub(super) fn holds(node: &Node, variable: Variables<'_>) -> Result<bool, ConditionError> {
    // How deep nodes stand in each other is bounded where they are read.
    match node {
        Node::Any(nodes) => {
            for node in nodes {
                if holds(node, variable)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Node::All(nodes) => {
            for node in nodes {
                if !holds(node, variable)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Node::Test(test) => self::test(test, variable),
    }
}

fn test(test: &Test, variable: Variables<'_>) -> Result<bool, ConditionError> {
    let name = &test.path.name;
    let error = |what: &str| ConditionError::new(test.at, format!("`{name}` {what}"));
    let exists = matches!(test.check, Check::Exists);
    let variable = match variable(name) {
        Some(variable) => variable,
        None if exists => return Ok(test.negated),
        None => return Err(error("is not declared")),
    };
    let values = values(test, &variable).map_err(|what| error(&what))?;
    if exists {
        return Ok(values.is_empty() == test.negated);
    }
    if values.is_empty() {
        return Err(error("has no value; ask with EXISTS first"));
    }
    if let Some(mismatch) = mismatch(test, &variable.kind) {
        return Err(mismatch);
    }
    for (kind, text) in values {
        if let Some(what) = kind.refuses(&test.check) {
            return Err(error(what));
        }
        if compare(kind, &text, &test.check).map_err(|what| error(&what))? {
            return Ok(!test.negated);
        }
    }
    Ok(test.negated)
}

/// What is compared: nothing if there is no value, several for `[*]`.
fn values(test: &Test, variable: &Variable) -> Result<Vec<(Kind, String)>, String> {
    let kind = Kind::of(&variable.kind);
    let Some(text) = &variable.text else { return Ok(Vec::new()) };
    if test.path.steps.is_empty() || kind != Kind::Dictionary {
        return Ok(vec![(kind, text.clone())]);
    }
    let dictionary: Value = serde_json::from_str(text).map_err(|_| "holds no dictionary".to_owned())?;
    let mut found = vec![&dictionary];
    for step in &test.path.steps {
        found = found.into_iter().flat_map(|value| walk(value, step)).collect();
    }
    let known = found.into_iter().filter(|value| !value.is_null());
    known.map(|value| scalar(value, &test.check)).collect()
}

fn walk<'v>(value: &'v Value, step: &PathStep) -> Vec<&'v Value> {
    match step {
        PathStep::Member(name) => value.get(name).into_iter().collect(),
        PathStep::Index(index) => value.get(index).into_iter().collect(),
        PathStep::Each => value.as_array().into_iter().flatten().collect(),
    }
}

fn scalar(value: &Value, check: &Check) -> Result<(Kind, String), String> {
    match value {
        Value::String(text) => Ok((Kind::Text, text.clone())),
        Value::Number(number) => Ok((Kind::Number, number.to_string())),
        Value::Bool(flag) => Ok((Kind::Flag, flag.to_string())),
        _ if matches!(check, Check::Exists) => Ok((Kind::Dictionary, String::new())),
        _ => Err("holds a list or a dictionary there; compare a single value".to_owned()),
    }
}

fn compare(kind: Kind, text: &str, check: &Check) -> Result<bool, String> {
    match check {
        Check::Exists => Ok(true),
        Check::Equal(literal) => Ok(order(kind, text, literal)?.is_eq()),
        Check::Different(literal) => Ok(order(kind, text, literal)?.is_ne()),
        Check::Order(sign, literal) => Ok(sign.admits(order(kind, text, literal)?)),
        Check::In(literals) => {
            for literal in literals {
                if order(kind, text, literal)?.is_eq() {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Check::Pattern(pattern) => Ok(pattern.is_match(text)),
        Check::Subset(network) => Ok(network.contains(&address(text)?)),
        Check::Superset(network) => Ok(address(text)?.contains(network)),
    }
}

fn address(text: &str) -> Result<ipnet::IpNet, String> {
    forms::network(text).ok_or_else(|| "holds no address or network".to_owned())
}

/// How a value stands to a literal that fits its kind.
fn order(kind: Kind, text: &str, literal: &Literal) -> Result<Ordering, String> {
    match literal {
        Literal::Number(number) => {
            let value = Number::parse(text).ok_or("holds no number")?;
            Ok(value.order(*number))
        }
        Literal::Flag(flag) => match text {
            "true" => Ok(true.cmp(flag)),
            "false" => Ok(false.cmp(flag)),
            _ => Err("holds neither `true` nor `false`".to_owned()),
        },
        Literal::Bytes(bytes) => {
            let value = forms::hex(text.strip_prefix("0x").unwrap_or(text)).ok_or("holds no pairs of hex digits")?;
            Ok(value.cmp(bytes))
        }
        Literal::Instant(instant) => {
            let value = forms::timestamp(text).map_err(|_| "holds no timestamp such as 2026-11-30T00:00:00Z")?;
            Ok(value.cmp(instant))
        }
        Literal::Text(literal) => order_text(kind, text, literal),
    }
}

fn order_text(kind: Kind, text: &str, literal: &str) -> Result<Ordering, String> {
    match kind {
        Kind::Address => Ok(address(text)?.cmp(&address(literal)?)),
        Kind::Hardware => {
            let value = forms::hardware_address(text).ok_or("holds no hardware address")?;
            Ok(Some(value).cmp(&forms::hardware_address(literal)))
        }
        Kind::Folded => Ok(text.to_ascii_lowercase().cmp(&literal.to_ascii_lowercase())),
        _ => Ok(text.cmp(literal)),
    }
}
