//! The conditions of if-condition and while-condition: comparison expressions of STIX patterning, read once and asked often.
//!
//! A condition is read first and filled with values afterwards, so a value can never become a part of the expression. Where the
//! texts are silent, what a comparison means for each CACAO type is our definition; `kind.rs` has it. It must never take more
//! than time in proportion to the texts, whatever the pattern or the value.

use std::cmp::Ordering;

use ipnet::IpNet;
use jiff::Timestamp;
use regex::Regex;

mod eval;
pub(crate) mod forms;
mod kind;
mod lex;
mod parse;

/// Longest condition.
const BYTES_MAX: usize = 4096;
/// Most parentheses inside each other.
const DEPTH_MAX: usize = 64;

/// What is wrong with a condition, or with the values that it was asked about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at byte {at})")]
pub struct ConditionError {
    /// What is wrong, and what to do.
    pub message: String,
    /// Where, in bytes from the beginning of the condition.
    pub at: usize,
}

impl ConditionError {
    fn new(at: usize, message: impl Into<String>) -> ConditionError {
        ConditionError { message: message.into(), at }
    }
}

/// What a variable is and holds at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its CACAO type, such as `integer`. A type that CACAO does not know is taken for text.
    pub kind: String,
    /// Its value as text; none if it is not known. Empty text is a value.
    pub text: Option<String>,
}

/// A condition that can be asked.
#[derive(Debug, Clone)]
pub struct Condition {
    text: String,
    root: Node,
}

impl PartialEq for Condition {
    fn eq(&self, other: &Condition) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// It is no comparison expression, too long, too deep, or its pattern or network is none.
    pub fn parse(text: &str) -> Result<Condition, ConditionError> {
        Ok(Condition { text: text.to_owned(), root: parse::parse(text)? })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Names of the variables that it asks about, each once, in the order in which they stand, such as `__name__`.
    #[must_use]
    pub fn variables(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for test in self.tests() {
            if !names.contains(&test.path.name.as_str()) {
                names.push(&test.path.name);
            }
        }
        names
    }

    /// Whether it holds. Sides of `AND` and `OR` that no longer matter are not asked.
    ///
    /// # Errors
    /// A variable is not declared, has no value, or a value that cannot be compared in this way.
    pub fn holds(&self, variable: &dyn Fn(&str) -> Option<Variable>) -> Result<bool, ConditionError> {
        eval::holds(&self.root, variable)
    }

    /// Comparisons that do not fit the declared type of their variable. Variables without a declaration are passed over.
    #[must_use]
    pub fn mismatches<'k>(&self, kind_of: &dyn Fn(&str) -> Option<&'k str>) -> Vec<ConditionError> {
        self.tests().into_iter().filter_map(|test| kind::mismatch(test, kind_of(&test.path.name)?)).collect()
    }

    fn tests(&self) -> Vec<&Test> {
        let mut tests = Vec::new();
        let mut open = vec![&self.root];
        while let Some(node) = open.pop() {
            match node {
                Node::Any(nodes) | Node::All(nodes) => open.extend(nodes.iter().rev()),
                Node::Test(test) => tests.push(test),
            }
        }
        tests
    }
}

/// A part of a condition. How deep parts stand in each other is bounded where they are read.
#[derive(Debug, Clone)]
enum Node {
    Any(Vec<Node>),
    All(Vec<Node>),
    Test(Test),
}

/// One comparison.
#[derive(Debug, Clone)]
struct Test {
    at: usize,
    path: Path,
    negated: bool,
    check: Check,
}

/// What is compared: a variable, or a member of a dictionary variable.
#[derive(Debug, Clone)]
struct Path {
    name: String,
    steps: Vec<PathStep>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PathStep {
    Member(String),
    Index(usize),
    Each,
}

/// How it is compared.
#[derive(Debug, Clone)]
enum Check {
    Exists,
    Equal(Literal),
    Different(Literal),
    Order(Sign, Literal),
    In(Vec<Literal>),
    Pattern(Regex),
    Subset(IpNet),
    Superset(IpNet),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Sign {
    fn admits(self, order: Ordering) -> bool {
        match self {
            Sign::Less => order.is_lt(),
            Sign::LessOrEqual => order.is_le(),
            Sign::Greater => order.is_gt(),
            Sign::GreaterOrEqual => order.is_ge(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Literal {
    Number(Number),
    Text(String),
    Flag(bool),
    Bytes(Vec<u8>),
    Instant(Timestamp),
}

/// A number; whole ones keep all their digits.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Number {
    whole: Option<i128>,
    real: f64,
}

impl Number {
    fn parse(text: &str) -> Option<Number> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        let real: f64 = text.parse().ok()?;
        (plain && real.is_finite()).then(|| Number { whole: text.parse().ok(), real })
    }

    fn order(self, other: Number) -> Ordering {
        match (self.whole, other.whole) {
            (Some(one), Some(other)) => one.cmp(&other),
            // Both are finite: there is always an order.
            _ => self.real.partial_cmp(&other.real).unwrap_or(Ordering::Equal),
        }
    }
}
