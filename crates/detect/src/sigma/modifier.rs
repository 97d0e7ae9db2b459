//! Field items with their modifiers, compiled into predicates (specification, "Modifiers").
//!
//! Modifiers chain from left to right. A chain that makes no sense is refused with a reason.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use quell_model::{FieldId, FieldTable};
use regex::RegexBuilder;
use serde_json::Value;

use super::Placeholders;
use crate::pattern::{Pattern, Piece, pieces};
use crate::predicate::{Comparison, Relation, TimePart};
use crate::{Expr, Predicate, PredicateTable, Test};

/// Most variants that `windash` may make of one value.
const WINDASH_VARIANTS_MAX: usize = 3_125;
/// Largest compiled sizes of one regular expression that are tried, the usual one first.
const REGEX_BYTES: [usize; 3] = [64 << 10, 512 << 10, 4 << 20];
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// What compiling a rule needs at hand.
pub(super) struct Compiler<'a> {
    pub(super) fields: &'a mut FieldTable,
    pub(super) predicates: &'a mut PredicateTable,
    pub(super) placeholders: &'a Placeholders,
    pub(super) budget: Budget,
}

/// What one rule may still be compiled into: a short text can stand for gigabytes.
pub(super) struct Budget {
    patterns: usize,
    regex_bytes: usize,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { patterns: 50_000, regex_bytes: 32 << 20 }
    }
}

impl Budget {
    fn spend_pattern(&mut self) -> Result<(), String> {
        let left = self.patterns.checked_sub(1);
        self.patterns = left.ok_or("the values stand for more than 50,000 patterns; make several rules of it")?;
        Ok(())
    }

    /// Charged by the size that it fits into.
    fn build(&mut self, builder: &mut RegexBuilder) -> Result<regex::Regex, String> {
        for size in REGEX_BYTES {
            let Some(left) = self.regex_bytes.checked_sub(size) else {
                return Err("the regular expressions are too large together; make several rules of it".to_owned());
            };
            match builder.size_limit(size).build() {
                Ok(regex) => {
                    self.regex_bytes = left;
                    return Ok(regex);
                }
                Err(regex::Error::CompiledTooBig(_)) => {}
                Err(error) => return Err(last_line(&error)),
            }
        }
        Err(format!("it is larger than {} bytes", REGEX_BYTES[REGEX_BYTES.len() - 1]))
    }
}

impl Compiler<'_> {
    /// Keywords: words looked for in the whole record, any of them or all of them.
    pub(super) fn keywords(&mut self, value: &Value, all: bool) -> Result<Expr, String> {
        let mut patterns = Vec::new();
        for item in items(value) {
            let text = scalar_text(item).ok_or("a keyword must be text or a number")?;
            patterns.push(Pattern::new(pieces(&text), false));
        }
        if !all {
            return Ok(self.leaf(None, Test::Text(patterns)));
        }
        Ok(Expr::all(patterns.into_iter().map(|pattern| self.leaf(None, Test::Text(vec![pattern]))).collect()))
    }

    /// `field|modifier|…: value`.
    pub(super) fn field(&mut self, key: &str, value: &Value) -> Result<Expr, String> {
        let mut parts = key.split('|');
        let name = parts.next().unwrap_or_default();
        if name.is_empty() {
            return Err(format!("`{key}` names no field"));
        }
        let chain = Chain::parse(parts).map_err(|reason| format!("`{key}`: {reason}"))?;
        let field = self.fields.register(name);
        let expr = self.item(field, &chain, value).map_err(|reason| format!("`{key}`: {reason}"))?;
        Ok(if chain.negated { Expr::Not(Box::new(expr)) } else { expr })
    }

    fn item(&mut self, field: FieldId, chain: &Chain, value: &Value) -> Result<Expr, String> {
        let values = items(value);
        if values.is_empty() {
            return Err("the list of values is empty".to_owned());
        }
        if values.len() > 1 && values.iter().any(|value| value.is_null()) {
            return Err("null is not allowed inside a list".to_owned());
        }
        match chain.kind {
            Kind::Text => self.text(field, chain, &values),
            Kind::Regex => self.regexes(field, chain, &values),
            _ => {
                let tests = values.iter().map(|value| self.single(chain, value)).collect::<Result<Vec<_>, _>>()?;
                Ok(self.combine(field, chain.all, tests))
            }
        }
    }

    /// Tests whose values stand for themselves.
    fn single(&mut self, chain: &Chain, value: &Value) -> Result<Test, String> {
        match chain.kind {
            Kind::Exists => value.as_bool().map(Test::Exists).ok_or_else(|| "`exists` needs true or false".to_owned()),
            Kind::Number(comparison) => {
                let number = value.as_f64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
                number.map(|number| Test::Number(comparison, number)).ok_or_else(|| format!("{value} is no number"))
            }
            Kind::Time(part) => {
                value.as_i64().map(|n| Test::Time(part, n)).ok_or_else(|| format!("{value} is no number"))
            }
            Kind::Cidr => {
                let text = value.as_str().ok_or("a network must be text")?;
                let network = text.parse().or_else(|_| text.parse::<std::net::IpAddr>().map(Into::into));
                network.map(|network| Test::Cidr(vec![network])).map_err(|_| format!("`{text}` is no network"))
            }
            Kind::FieldRef(relation) => {
                let other = value.as_str().ok_or("`fieldref` needs the name of a field")?;
                Ok(Test::FieldRef(self.fields.register(other), relation))
            }
            Kind::Text | Kind::Regex => Err("unreachable chain".to_owned()),
        }
    }

    fn regexes(&mut self, field: FieldId, chain: &Chain, values: &[&Value]) -> Result<Expr, String> {
        let mut tests = Vec::new();
        for value in values {
            let source = value.as_str().ok_or("a regular expression must be text")?;
            let flags: String = [(chain.regex_i, 'i'), (chain.regex_m, 'm'), (chain.regex_s, 's')]
                .iter()
                .filter(|f| f.0)
                .map(|f| f.1)
                .collect();
            // Flags go into the source, so that equal sources with other flags stay different predicates.
            let source = if flags.is_empty() { source.to_owned() } else { format!("(?{flags}){source}") };
            let regex = self.budget.build(&mut RegexBuilder::new(&source));
            let regex = regex.map_err(|reason| format!("regular expression: {reason}"))?;
            tests.push(Test::Regex(Box::new(regex)));
        }
        Ok(self.combine(field, chain.all, tests))
    }

    /// Text values; null, booleans and numbers may stand among them.
    fn text(&mut self, field: FieldId, chain: &Chain, values: &[&Value]) -> Result<Expr, String> {
        let mut patterns = Vec::new();
        let mut tests = Vec::new();
        for value in values {
            match value {
                Value::Null => tests.push(Test::Null),
                Value::Bool(flag) => tests.push(Test::Bool(*flag)),
                Value::String(text) => {
                    let compiled = self.text_patterns(chain, text)?;
                    if chain.all { tests.push(Test::Text(compiled)) } else { patterns.extend(compiled) }
                }
                Value::Number(number) => {
                    let compiled = self.text_patterns(chain, &number.to_string())?;
                    if chain.all { tests.push(Test::Text(compiled)) } else { patterns.extend(compiled) }
                }
                Value::Array(_) | Value::Object(_) => return Err("a value must not be a list or a map".to_owned()),
            }
        }
        if !patterns.is_empty() {
            tests.push(Test::Text(patterns));
        }
        Ok(self.combine(field, chain.all, tests))
    }

    fn combine(&mut self, field: FieldId, all: bool, tests: Vec<Test>) -> Expr {
        let leaves = tests.into_iter().map(|test| self.leaf(Some(field), test)).collect();
        if all { Expr::all(leaves) } else { Expr::any(leaves) }
    }

    fn leaf(&mut self, field: Option<FieldId>, test: Test) -> Expr {
        Expr::Leaf(self.predicates.add(Predicate { field, test }))
    }

    /// The patterns that one text value stands for.
    fn text_patterns(&mut self, chain: &Chain, text: &str) -> Result<Vec<Pattern>, String> {
        let texts = if chain.expand { self.expanded(text)? } else { vec![text.to_owned()] };
        let mut patterns = Vec::new();
        for text in texts {
            let variants = if chain.windash { windash(&text)? } else { vec![text] };
            for variant in variants {
                for pieces in encoded(chain, &variant)? {
                    self.budget.spend_pattern()?;
                    patterns.push(Pattern::new(anchored(chain.anchor, pieces), chain.cased));
                }
            }
        }
        Ok(patterns)
    }

    fn expanded(&self, text: &str) -> Result<Vec<String>, String> {
        let mut texts = vec![text.to_owned()];
        for name in text.split('%').skip(1).step_by(2) {
            let values = self.placeholders.get(name).ok_or_else(|| {
                format!("placeholder %{name}% has no values; give it some (`--placeholder`) to use this rule")
            })?;
            let from = format!("%{name}%");
            texts = texts.iter().flat_map(|text| values.iter().map(|value| text.replace(&from, value))).collect();
        }
        Ok(texts)
    }
}

fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        single => vec![single],
    }
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn last_line(error: &regex::Error) -> String {
    error.to_string().lines().last().unwrap_or_default().trim().to_owned()
}

/// What a chain of modifiers says.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Chain {
    kind: Kind,
    anchor: Anchor,
    all: bool,
    cased: bool,
    negated: bool,
    windash: bool,
    expand: bool,
    wide: Option<Wide>,
    base64: Option<Base64>,
    regex_i: bool,
    regex_m: bool,
    regex_s: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Regex,
    Exists,
    Cidr,
    Number(Comparison),
    Time(TimePart),
    FieldRef(Relation),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anchor {
    Exact,
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wide {
    Le,
    Be,
    Bom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base64 {
    Plain,
    Offset,
}

impl Chain {
    fn parse<'a>(modifiers: impl Iterator<Item = &'a str>) -> Result<Chain, String> {
        let mut chain = Chain {
            kind: Kind::Text,
            anchor: Anchor::Exact,
            all: false,
            cased: false,
            negated: false,
            windash: false,
            expand: false,
            wide: None,
            base64: None,
            regex_i: false,
            regex_m: false,
            regex_s: false,
        };
        for modifier in modifiers {
            chain.apply(modifier)?;
        }
        chain.check()
    }

    fn apply(&mut self, modifier: &str) -> Result<(), String> {
        match modifier {
            "contains" => self.anchor(Anchor::Contains, Relation::Contains)?,
            "startswith" => self.anchor(Anchor::StartsWith, Relation::StartsWith)?,
            "endswith" => self.anchor(Anchor::EndsWith, Relation::EndsWith)?,
            "all" => self.all = true,
            "cased" => self.cased = true,
            "neq" => self.negated = true,
            "windash" => self.windash = true,
            "expand" => self.expand = true,
            "wide" | "utf16le" => self.wide = Some(Wide::Le),
            "utf16be" => self.wide = Some(Wide::Be),
            "utf16" => self.wide = Some(Wide::Bom),
            "base64" => self.base64 = Some(Base64::Plain),
            "base64offset" => self.base64 = Some(Base64::Offset),
            "i" | "m" | "s" if self.kind != Kind::Regex => return Err(format!("`{modifier}` must follow `re`")),
            "i" => self.regex_i = true,
            "m" => self.regex_m = true,
            "s" => self.regex_s = true,
            _ => self.set_kind(kind_of(modifier).ok_or_else(|| format!("unknown modifier `{modifier}`"))?)?,
        }
        Ok(())
    }

    fn anchor(&mut self, anchor: Anchor, relation: Relation) -> Result<(), String> {
        match self.kind {
            Kind::FieldRef(_) => self.kind = Kind::FieldRef(relation),
            _ if self.anchor == Anchor::Exact => self.anchor = anchor,
            _ => return Err("two of contains, startswith, endswith; use one".to_owned()),
        }
        Ok(())
    }

    fn set_kind(&mut self, kind: Kind) -> Result<(), String> {
        if self.kind != Kind::Text {
            return Err("modifiers that exclude each other".to_owned());
        }
        self.kind = match (kind, self.anchor) {
            (Kind::FieldRef(_), Anchor::Contains) => Kind::FieldRef(Relation::Contains),
            (Kind::FieldRef(_), Anchor::StartsWith) => Kind::FieldRef(Relation::StartsWith),
            (Kind::FieldRef(_), Anchor::EndsWith) => Kind::FieldRef(Relation::EndsWith),
            _ => kind,
        };
        Ok(())
    }

    fn check(self) -> Result<Chain, String> {
        let encodes = self.wide.is_some() || self.base64.is_some() || self.windash || self.cased || self.expand;
        let text_only = encodes || (self.anchor != Anchor::Exact && !matches!(self.kind, Kind::FieldRef(_)));
        if self.kind != Kind::Text && text_only {
            return Err("text modifiers do not combine with this kind of test".to_owned());
        }
        if self.kind == Kind::Exists && self.all {
            return Err("`exists` takes one value; `all` means nothing here".to_owned());
        }
        if self.wide.is_some() && self.base64.is_none() {
            return Err("a UTF-16 encoding needs `base64` or `base64offset` after it".to_owned());
        }
        Ok(self)
    }
}

fn kind_of(modifier: &str) -> Option<Kind> {
    Some(match modifier {
        "re" => Kind::Regex,
        "exists" => Kind::Exists,
        "cidr" => Kind::Cidr,
        "fieldref" => Kind::FieldRef(Relation::Equal),
        "lt" => Kind::Number(Comparison::Lt),
        "lte" => Kind::Number(Comparison::Lte),
        "gt" => Kind::Number(Comparison::Gt),
        "gte" => Kind::Number(Comparison::Gte),
        "minute" => Kind::Time(TimePart::Minute),
        "hour" => Kind::Time(TimePart::Hour),
        "day" => Kind::Time(TimePart::Day),
        "week" => Kind::Time(TimePart::Week),
        "month" => Kind::Time(TimePart::Month),
        "year" => Kind::Time(TimePart::Year),
        _ => return None,
    })
}

fn anchored(anchor: Anchor, pieces: Vec<Piece>) -> Vec<Piece> {
    let before = matches!(anchor, Anchor::Contains | Anchor::EndsWith).then_some(Piece::Any);
    let after = matches!(anchor, Anchor::Contains | Anchor::StartsWith).then_some(Piece::Any);
    let mut all: Vec<Piece> = before.into_iter().chain(pieces).chain(after).collect();
    all.dedup_by(|a, b| *a == Piece::Any && *b == Piece::Any);
    all
}

/// The pieces to look for after encoding; plain text stays as it is.
fn encoded(chain: &Chain, text: &str) -> Result<Vec<Vec<Piece>>, String> {
    let Some(base64) = chain.base64 else { return Ok(vec![pieces(text)]) };
    let literal = match pieces(text).as_slice() {
        [] => String::new(),
        [Piece::Text(literal)] => literal.clone(),
        _ => return Err("wildcards cannot be encoded".to_owned()),
    };
    let bytes = widened(chain.wide, &literal);
    let encoded = match base64 {
        Base64::Plain => vec![STANDARD.encode(&bytes)],
        Base64::Offset => (0..3).map(|offset| at_offset(&bytes, offset)).collect(),
    };
    Ok(encoded.into_iter().map(|text| vec![Piece::Text(text)]).collect())
}

fn widened(wide: Option<Wide>, text: &str) -> Vec<u8> {
    match wide {
        None => text.as_bytes().to_vec(),
        Some(Wide::Le) => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Some(Wide::Be) => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        Some(Wide::Bom) => [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
    }
}

/// The part of the Base64 text that does not depend on what stands around the value, when `offset` bytes precede it.
fn at_offset(bytes: &[u8], offset: usize) -> String {
    let mut padded = vec![b' '; offset];
    padded.extend_from_slice(bytes);
    let text = STANDARD_NO_PAD.encode(&padded);
    let start = [0, 2, 3][offset];
    // A last group of one or two bytes shares its last character with what follows.
    let end = if padded.len().is_multiple_of(3) { text.len() } else { text.len() - 1 };
    text.get(start..end).unwrap_or_default().to_owned()
}

/// All ways to write the dashes that begin a word.
fn windash(text: &str) -> Result<Vec<String>, String> {
    let chars: Vec<char> = text.chars().collect();
    let word = |at: usize| chars.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let mut variants = vec![String::new()];
    for (at, &c) in chars.iter().enumerate() {
        let begins_word = (c == '-' || c == '/') && word(at + 1) && (at == 0 || !word(at - 1));
        if !begins_word {
            variants.iter_mut().for_each(|variant| variant.push(c));
            continue;
        }
        if variants.len() * DASHES.len() > WINDASH_VARIANTS_MAX {
            return Err(format!("`windash` makes more than {WINDASH_VARIANTS_MAX} variants"));
        }
        variants =
            variants.iter().flat_map(|variant| DASHES.iter().map(move |dash| format!("{variant}{dash}"))).collect();
    }
    Ok(variants)
}
