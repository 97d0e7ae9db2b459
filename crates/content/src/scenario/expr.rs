//! Expressions: values of a script with `{{...}}` in them, read once.
//!
//! Inside the braces stand a head and filters: `{{ head | filter | filter argument }}`. A head is a name with dots, a
//! quoted text, `new KIND ...` (a made-up id) or `pick NAME` (one element of a list). A `?` after the last name makes
//! a missing value no fault: the key it stands for is left out, as it is for null. A text that is one expression and
//! nothing else keeps the type of its value. The key `...` merges a map into the one it stands in.

use serde_json::Value;

use super::error::Fault;
use super::filter::Filter;

/// Name of the time of a step, in nanoseconds since 1970.
pub(super) const TIME: &str = "time";

/// A value with its expressions read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// No expression inside.
    Fixed(Value),
    /// One expression; its value keeps its type.
    Whole(Expr),
    /// Text with expressions in it.
    Text(Vec<Piece>),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Literal(String),
    Expr(Expr),
}

/// One pair of braces.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expr {
    pub(super) head: Term,
    pub(super) filters: Vec<Filter>,
    /// A missing value is left out.
    pub(super) optional: bool,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    Literal(String),
    Path(Path),
    Pick(Path),
    New(Generator),
}

/// A made-up id.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Generator {
    Uuid,
    Hex(usize),
    Letters(usize),
    Upper(usize),
    Digits(usize),
    Int(i64, i64),
    Pid,
    /// Of the machine id at a path, at the time at another.
    ProcessGuid {
        machine: Path,
        time: Path,
    },
}

/// A name with fields: `host.name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) name: String,
    pub(super) fields: Vec<String>,
}

impl Node {
    /// Reads all expressions of a value.
    pub(super) fn of(value: Value) -> Result<Node, Fault> {
        Ok(match value {
            Value::String(text) if text.contains("{{") => text_node(&text)?,
            Value::Array(items) => {
                let nodes = items.into_iter().map(Node::of).collect::<Result<Vec<_>, _>>()?;
                match nodes.iter().map(Node::fixed).collect::<Option<Vec<_>>>() {
                    Some(values) => Node::Fixed(Value::Array(values)),
                    None => Node::List(nodes),
                }
            }
            Value::Object(fields) => {
                let nodes = pairs(fields)?;
                match nodes.iter().map(|(key, node)| Some((key.clone(), node.fixed()?))).collect::<Option<_>>() {
                    Some(values) => Node::Fixed(Value::Object(values)),
                    None => Node::Map(nodes),
                }
            }
            other => Node::Fixed(other),
        })
    }

    fn fixed(&self) -> Option<Value> {
        match self {
            Node::Fixed(value) => Some(value.clone()),
            _ => None,
        }
    }
}

/// Reads the values of a map, in order.
pub(super) fn pairs(fields: serde_json::Map<String, Value>) -> Result<Vec<(String, Node)>, Fault> {
    fields.into_iter().map(|(key, value)| Ok((key, Node::of(value)?))).collect()
}

/// Reads a text as one piece after the other.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, Fault> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, behind) = after.split_once("}}").ok_or_else(|| Fault::Expression(text.to_owned()))?;
        // Braces that belong to the text itself: `{{{name}}}` is a brace, an expression, a brace.
        let (inside, brace) = match inside.strip_prefix('{') {
            Some(inner) => (inner, "{"),
            None => (inside, ""),
        };
        let literal = format!("{before}{brace}");
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        pieces.push(Piece::Expr(Expr::of(inside)?));
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest.to_owned()));
    }
    Ok(pieces)
}

fn text_node(text: &str) -> Result<Node, Fault> {
    let mut pieces = pieces(text)?;
    Ok(match (pieces.pop(), pieces.is_empty()) {
        (Some(Piece::Expr(expr)), true) => Node::Whole(expr),
        (Some(last), _) => {
            pieces.push(last);
            Node::Text(pieces)
        }
        (None, _) => Node::Fixed(Value::String(String::new())),
    })
}

impl Expr {
    /// Reads what stands between the braces.
    pub(super) fn of(text: &str) -> Result<Expr, Fault> {
        let fault = || Fault::Expression(text.trim().to_owned());
        let mut parts = words(text).ok_or_else(fault)?.into_iter();
        let mut head = parts.next().ok_or_else(fault)?;
        let optional = match head.last_mut() {
            Some(Word::Name(name)) => name.strip_suffix('?').map(str::to_owned).map(|short| *name = short).is_some(),
            _ => false,
        };
        let filters = parts.map(|part| Filter::of(&part).ok_or_else(fault)).collect::<Result<_, _>>()?;
        Ok(Expr { head: Term::head(&head).ok_or_else(fault)?, filters, optional })
    }
}

impl Term {
    fn head(words: &[Word]) -> Option<Term> {
        match words {
            [Word::Name(new), kind @ ..] if new == "new" => Some(Term::New(Generator::of(kind)?)),
            [Word::Name(pick), Word::Name(list)] if pick == "pick" => Some(Term::Pick(Path::of(list)?)),
            [word] => Term::of(word),
            _ => None,
        }
    }

    /// A name or a literal.
    pub(super) fn of(word: &Word) -> Option<Term> {
        match word {
            Word::Quoted(text) => Some(Term::Literal(text.clone())),
            Word::Name(name) => Some(Term::Path(Path::of(name)?)),
        }
    }
}

impl Generator {
    fn of(words: &[Word]) -> Option<Generator> {
        let names: Vec<&str> = words.iter().map(Word::text).collect();
        Some(match names.as_slice() {
            ["uuid"] => Generator::Uuid,
            ["hex", len] => Generator::Hex(len.parse().ok()?),
            ["letters", len] => Generator::Letters(len.parse().ok()?),
            ["upper", len] => Generator::Upper(len.parse().ok()?),
            ["digits", len] => Generator::Digits(len.parse().ok()?),
            ["int", min, max] => Generator::Int(min.parse().ok()?, max.parse().ok()?),
            ["pid"] => Generator::Pid,
            ["process_guid", machine] => Generator::ProcessGuid { machine: Path::of(machine)?, time: Path::of(TIME)? },
            ["process_guid", machine, time] => {
                Generator::ProcessGuid { machine: Path::of(machine)?, time: Path::of(time)? }
            }
            _ => return None,
        })
    }
}

impl Path {
    pub(super) fn of(text: &str) -> Option<Path> {
        let mut names = text.split('.').map(str::to_owned);
        let path = Path { name: names.next()?, fields: names.collect() };
        let well_formed =
            |name: &String| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        (well_formed(&path.name) && path.fields.iter().all(well_formed)).then_some(path)
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        self.fields.iter().try_for_each(|field| write!(f, ".{field}"))
    }
}

/// A word of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Name(String),
    /// Between single quotes.
    Quoted(String),
}

impl Word {
    pub(super) fn text(&self) -> &str {
        match self {
            Word::Name(text) | Word::Quoted(text) => text,
        }
    }
}

/// Words, grouped by the bars between them.
fn words(text: &str) -> Option<Vec<Vec<Word>>> {
    let mut groups = vec![Vec::new()];
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let group = groups.last_mut()?;
        if first == '|' {
            groups.push(Vec::new());
            rest = &rest[1..];
        } else if first == '\'' {
            let (quoted, behind) = rest[1..].split_once('\'')?;
            group.push(Word::Quoted(quoted.to_owned()));
            rest = behind;
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || c == '|').unwrap_or(rest.len());
            group.push(Word::Name(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Some(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_heads_filters_and_quotes() {
        let expr = Expr::of(" a.b? | or 'x | y' | upper ").unwrap();
        assert!(expr.optional);
        assert_eq!(expr.head, Term::Path(Path { name: "a".into(), fields: vec!["b".into()] }));
        assert_eq!(expr.filters, [Filter::Or(Term::Literal("x | y".into())), Filter::Upper]);
    }

    #[test]
    fn braces_of_the_text_stay() {
        let pieces = pieces("{{{id}}}").unwrap();
        assert_eq!(pieces.len(), 3);
        assert_eq!(pieces[0], Piece::Literal("{".into()));
        assert_eq!(pieces[2], Piece::Literal("}".into()));
    }

    #[test]
    fn refuses_what_is_no_expression() {
        for text in ["", "a b", "new", "new hex", "new hex x", "a | nosuch", "a..b", "'open", "a |"] {
            assert!(Expr::of(text).is_err(), "{text}");
        }
        assert!(pieces("{{a").is_err());
    }
}
