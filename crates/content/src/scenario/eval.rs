//! Evaluation: names to values, and values with expressions to values without.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::error::Fault;
use super::expr::{Expr, Generator, Node, Path, Piece, Term};
use super::filter::{Filter, plain};
use super::ids::Ids;
use super::span::NANOS_PER_SECOND;

/// Names in force at a step. The outermost scope is the cast.
#[derive(Debug, Default)]
pub(super) struct Scope {
    vars: Vec<(String, Rc<Value>)>,
    outer: Option<Rc<Scope>>,
}

impl Scope {
    /// A scope inside another, without names of its own yet.
    pub(super) fn inside(outer: &Rc<Scope>) -> Scope {
        Scope { vars: Vec::new(), outer: Some(Rc::clone(outer)) }
    }

    /// Adds a name.
    pub(super) fn set(&mut self, name: &str, value: impl Into<Rc<Value>>) {
        self.vars.push((name.to_owned(), value.into()));
    }

    /// A value by name, innermost first.
    pub(super) fn get(&self, name: &str) -> Option<&Rc<Value>> {
        self.here(name).or_else(|| self.outer.as_ref()?.get(name))
    }

    /// A value by name, but not out of the cast.
    pub(super) fn get_local(&self, name: &str) -> Option<&Rc<Value>> {
        let outer = self.outer.as_ref()?;
        self.here(name).or_else(|| outer.get_local(name))
    }

    /// All names that are not the cast's, as one map.
    pub(super) fn locals(&self) -> Map<String, Value> {
        let Some(outer) = self.outer.as_ref() else { return Map::new() };
        let mut all = outer.locals();
        all.extend(self.vars.iter().map(|(name, value)| (name.clone(), Value::clone(value))));
        all
    }

    fn here(&self, name: &str) -> Option<&Rc<Value>> {
        self.vars.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn find(&self, path: &Path) -> Option<&Value> {
        path.fields.iter().try_fold(self.get(&path.name)?.as_ref(), |value, field| match value {
            Value::Array(items) => items.get(field.parse::<usize>().ok()?),
            other => other.get(field),
        })
    }
}

/// The value of a node, or nothing where it is left out.
pub(super) fn value(node: &Node, scope: &Scope, ids: &mut Ids) -> Result<Option<Value>, Fault> {
    Ok(Some(match node {
        Node::Fixed(value) => value.clone(),
        Node::Whole(expr) => return expression(expr, scope, ids),
        Node::Text(pieces) => text(pieces, scope, ids)?.into(),
        Node::List(nodes) => {
            let mut list = Vec::with_capacity(nodes.len());
            for node in nodes {
                list.extend(value(node, scope, ids)?);
            }
            Value::Array(list)
        }
        Node::Map(fields) => Value::Object(map(fields, scope, ids)?),
    }))
}

/// The value of a node, without a copy where it is that of a name.
pub(super) fn shared(node: &Node, scope: &Scope, ids: &mut Ids) -> Result<Option<Rc<Value>>, Fault> {
    if let Node::Whole(Expr { head: Term::Path(path), filters, .. }) = node
        && path.fields.is_empty()
        && filters.is_empty()
        && let Some(value) = scope.get(&path.name).filter(|value| !value.is_null())
    {
        return Ok(Some(Rc::clone(value)));
    }
    Ok(value(node, scope, ids)?.map(Rc::new))
}

/// The values of a map; keys whose value is left out are left out.
pub(super) fn map(fields: &[(String, Node)], scope: &Scope, ids: &mut Ids) -> Result<Map<String, Value>, Fault> {
    let mut map = Map::with_capacity(fields.len());
    for (key, node) in fields {
        match (value(node, scope, ids)?, key.as_str()) {
            (None, _) | (Some(Value::Null), "...") => {}
            (Some(Value::Object(more)), "...") => map.extend(more),
            (Some(_), "...") => return Err(Fault::Kind { what: "...".to_owned(), needs: "a map" }),
            (Some(value), _) => {
                map.insert(key.clone(), value);
            }
        }
    }
    Ok(map)
}

/// The text of pieces.
pub(super) fn text(pieces: &[Piece], scope: &Scope, ids: &mut Ids) -> Result<String, Fault> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Expr(expr) => match expression(expr, scope, ids)? {
                Some(Value::String(more)) => text.push_str(&more),
                Some(other) => text.push_str(&plain(&other)),
                None => {}
            },
        }
    }
    Ok(text)
}

/// The elements of the list at a path.
pub(super) fn list(path: &Path, scope: &Scope) -> Result<Vec<Value>, Fault> {
    Ok(elements(path, scope)?.clone())
}

fn expression(expr: &Expr, scope: &Scope, ids: &mut Ids) -> Result<Option<Value>, Fault> {
    let mut current = head(&expr.head, scope, ids)?;
    for filter in &expr.filters {
        current = match (current, filter) {
            (None | Some(Value::Null), Filter::Or(term)) => head(term, scope, ids)?,
            (None, _) => None,
            (Some(value), filter) => Some(filter.apply(value)?),
        };
    }
    match (current, &expr.head) {
        (None | Some(Value::Null), _) if expr.optional => Ok(None),
        (None, Term::Path(path)) => Err(Fault::UnknownName(path.to_string())),
        (current, _) => Ok(current),
    }
}

/// The value of a term; nothing where a name is unknown.
fn head(term: &Term, scope: &Scope, ids: &mut Ids) -> Result<Option<Value>, Fault> {
    Ok(match term {
        Term::Literal(text) => Some(text.clone().into()),
        Term::Path(path) => scope.find(path).cloned(),
        Term::Pick(path) => {
            let list = elements(path, scope)?;
            list.get(ids.random.index(list.len())).cloned()
        }
        Term::New(Generator::ProcessGuid { machine, time }) => {
            let known = |path: &Path| scope.find(path).ok_or_else(|| Fault::UnknownName(path.to_string()));
            let nanos = known(time)?.as_i64().unwrap_or_default();
            Some(ids.process_guid(&plain(known(machine)?), nanos.div_euclid(NANOS_PER_SECOND)).into())
        }
        Term::New(generator) => Some(ids.make(generator)),
    })
}

fn elements<'a>(path: &Path, scope: &'a Scope) -> Result<&'a Vec<Value>, Fault> {
    let value = scope.find(path).ok_or_else(|| Fault::UnknownName(path.to_string()))?;
    let list = value.as_array().filter(|list| !list.is_empty());
    list.ok_or_else(|| Fault::Kind { what: path.to_string(), needs: "a list with elements" })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn eval(template: Value) -> Result<Option<Value>, Fault> {
        let mut cast = Scope::default();
        cast.set("host", json!({"name": "A1", "port": 5}));
        cast.set("none", Value::Null);
        value(&Node::of(template).unwrap(), &cast, &mut Ids::new(1))
    }

    #[test]
    fn whole_expressions_keep_their_type() {
        assert_eq!(eval(json!({"p": "{{host.port}}", "n": "{{none}}"})), Ok(Some(json!({"p": 5, "n": null}))));
        assert_eq!(eval(json!("{{host.name}}:{{host.port}}")), Ok(Some(json!("A1:5"))));
    }

    #[test]
    fn missing_values_are_left_out_or_faults() {
        assert_eq!(eval(json!({"a": "{{host.no?}}", "b": 1})), Ok(Some(json!({"b": 1}))));
        assert_eq!(eval(json!({"a": "{{none?}}"})), Ok(Some(json!({}))));
        assert_eq!(eval(json!("{{host.no | or 'x'}}{{none | or 'y'}}")), Ok(Some(json!("xy"))));
        assert_eq!(eval(json!("{{host.no}}")), Err(Fault::UnknownName("host.no".into())));
    }

    #[test]
    fn three_dots_merge() {
        assert_eq!(eval(json!({"...": "{{host}}", "port": 6})), Ok(Some(json!({"name": "A1", "port": 6}))));
        assert!(eval(json!({"...": "{{host.name}}"})).is_err());
    }
}
