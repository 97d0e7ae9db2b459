//! Reads a condition, from the top down. Messages say what to write instead.

use regex::{Regex, RegexBuilder};

use super::lex::{Token, tokens};
use super::{BYTES_MAX, Check, ConditionError, DEPTH_MAX, Literal, Node, Path, PathStep, Sign, Test, forms};

/// Largest compiled pattern.
const PATTERN_BYTES_MAX: usize = 1 << 18;
/// Words with a meaning; they are written in upper case.
const KEYWORDS: [&str; 9] = ["AND", "OR", "NOT", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET", "EXISTS"];
/// Words of indicators, which conditions do not have.
const OBSERVATION: [&str; 5] = ["FOLLOWEDBY", "WITHIN", "REPEATS", "START", "STOP"];

pub(super) fn parse(text: &str) -> Result<Node, ConditionError> {
    if text.len() > BYTES_MAX {
        return Err(ConditionError::new(BYTES_MAX, format!("a condition has at most {BYTES_MAX} bytes; split it")));
    }
    let mut parser = Parser { tokens: tokens(text)?, next: 0 };
    let node = parser.any(0)?;
    match parser.peek() {
        Token::End => Ok(node),
        token => Err(parser.unexpected(token, "AND, OR or the end")),
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |(_, token)| token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).or(self.tokens.last()).map_or(0, |(at, _)| *at)
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    /// Takes this word, if it comes next.
    fn takes_word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Token::Word(word) if word == wanted);
        self.next += usize::from(found);
        found
    }

    /// Takes this sign, if it comes next.
    fn takes_sign(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(sign) if *sign == wanted);
        self.next += usize::from(found);
        found
    }

    fn error(&self, message: impl Into<String>) -> ConditionError {
        ConditionError::new(self.at(), message)
    }

    /// An error about what comes next, with a hint where it is a common mistake.
    fn unexpected(&self, token: &Token, wanted: &str) -> ConditionError {
        let found = token.shown();
        let Token::Word(word) = token else {
            return self.error(match token {
                Token::Sign("[" | "]") => {
                    "square brackets belong to indicators; write the comparison without them".to_owned()
                }
                _ => format!("{wanted} is expected here, not {found}"),
            });
        };
        let upper = word.to_ascii_uppercase();
        if OBSERVATION.contains(&upper.as_str()) {
            return self.error(format!("{upper} belongs to indicators; a condition only compares"));
        }
        if upper != *word && KEYWORDS.contains(&upper.as_str()) {
            return self.error(format!("write {upper} in upper case"));
        }
        self.error(format!("{wanted} is expected here, not {found}"))
    }

    fn any(&mut self, depth: usize) -> Result<Node, ConditionError> {
        let mut nodes = vec![self.all(depth)?];
        while self.takes_word("OR") {
            nodes.push(self.all(depth)?);
        }
        Ok(if nodes.len() == 1 { nodes.swap_remove(0) } else { Node::Any(nodes) })
    }

    fn all(&mut self, depth: usize) -> Result<Node, ConditionError> {
        let mut nodes = vec![self.test(depth)?];
        while self.takes_word("AND") {
            nodes.push(self.test(depth)?);
        }
        Ok(if nodes.len() == 1 { nodes.swap_remove(0) } else { Node::All(nodes) })
    }

    fn test(&mut self, depth: usize) -> Result<Node, ConditionError> {
        let at = self.at();
        if self.takes_sign("(") {
            return self.group(depth);
        }
        if self.takes_word("EXISTS") {
            let path = self.path()?;
            return Ok(Node::Test(Test { at, path, negated: false, check: Check::Exists }));
        }
        if self.takes_word("NOT") {
            if !self.takes_word("EXISTS") {
                let message = "NOT stands behind the variable, as in `__name__:value NOT = 1`, or before EXISTS";
                return Err(ConditionError::new(at, message));
            }
            let path = self.path()?;
            return Ok(Node::Test(Test { at, path, negated: true, check: Check::Exists }));
        }
        let path = self.path()?;
        let negated = self.takes_word("NOT");
        let check = self.check()?;
        Ok(Node::Test(Test { at, path, negated, check }))
    }

    fn group(&mut self, depth: usize) -> Result<Node, ConditionError> {
        if depth >= DEPTH_MAX {
            return Err(self.error(format!("at most {DEPTH_MAX} parentheses stand in each other; write it flatter")));
        }
        let node = self.any(depth + 1)?;
        if self.takes_sign(")") { Ok(node) } else { Err(self.unexpected(self.peek(), "`)`")) }
    }

    fn path(&mut self) -> Result<Path, ConditionError> {
        let name = match self.peek() {
            Token::Word(word) if forms::is_variable_name(word) => word.clone(),
            Token::Literal(_) => {
                return Err(self.error("the variable stands on the left, as in `__name__:value = 'text'`"));
            }
            token => return Err(self.unexpected(token, "a variable, such as `__name__:value`,")),
        };
        self.next += 1;
        let is_value = |token: &Token| match token {
            Token::Word(word) | Token::Literal(Literal::Text(word)) => word == "value",
            _ => false,
        };
        if !self.takes_sign(":") || !is_value(self.peek()) {
            return Err(self.error(format!("write `{name}:value`")));
        }
        self.next += 1;
        let steps = self.path_steps()?;
        Ok(Path { name, steps })
    }

    fn path_steps(&mut self) -> Result<Vec<PathStep>, ConditionError> {
        let mut steps = Vec::new();
        loop {
            if self.takes_sign(".") {
                match self.take() {
                    Token::Word(name) | Token::Literal(Literal::Text(name)) => steps.push(PathStep::Member(name)),
                    _ => return Err(self.error("the name of a member is missing behind the point")),
                }
            } else if self.takes_sign("[") {
                steps.push(self.index()?);
            } else {
                return Ok(steps);
            }
        }
    }

    fn index(&mut self) -> Result<PathStep, ConditionError> {
        let step = match self.peek() {
            Token::Sign("*") => Some(PathStep::Each),
            Token::Literal(Literal::Number(number)) => {
                number.whole.and_then(|whole| usize::try_from(whole).ok()).map(PathStep::Index)
            }
            _ => None,
        };
        let step = step.ok_or_else(|| self.error("between brackets stands a number or `*`"))?;
        self.next += 1;
        if self.takes_sign("]") { Ok(step) } else { Err(self.error("the bracket is not closed; add `]`")) }
    }

    fn check(&mut self) -> Result<Check, ConditionError> {
        let at = self.at();
        match self.take() {
            Token::Sign("=" | "==") => self.literal().map(Check::Equal),
            Token::Sign("!=" | "<>") => self.literal().map(Check::Different),
            Token::Sign("<") => self.ordered(Sign::Less),
            Token::Sign("<=") => self.ordered(Sign::LessOrEqual),
            Token::Sign(">") => self.ordered(Sign::Greater),
            Token::Sign(">=") => self.ordered(Sign::GreaterOrEqual),
            Token::Word(word) if word == "IN" => self.list().map(Check::In),
            Token::Word(word) if word == "LIKE" => self.text("LIKE").and_then(|text| like(&text, at)),
            Token::Word(word) if word == "MATCHES" => self.text("MATCHES").and_then(|text| pattern(&text, at)),
            Token::Word(word) if word == "ISSUBSET" => self.network("ISSUBSET").map(Check::Subset),
            Token::Word(word) if word == "ISSUPERSET" => self.network("ISSUPERSET").map(Check::Superset),
            token => {
                self.next -= 1;
                Err(self.unexpected(&token, "a comparison, such as `= 'text'`,"))
            }
        }
    }

    fn literal(&mut self) -> Result<Literal, ConditionError> {
        let literal = match self.peek() {
            Token::Literal(literal) => literal.clone(),
            Token::Word(word) if word == "true" || word == "false" => Literal::Flag(word == "true"),
            Token::Word(word) if word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false") => {
                return Err(self.error("write `true` and `false` in lower case"));
            }
            Token::Word(word) if word.starts_with("__") => {
                return Err(self.error("the right side is a literal; variables stand on the left only"));
            }
            Token::Word(_) => return Err(self.error("text stands in single quotes, as in 'text'")),
            token => return Err(self.unexpected(token, "a literal, such as 5, 'text' or true,")),
        };
        self.next += 1;
        Ok(literal)
    }

    fn ordered(&mut self, sign: Sign) -> Result<Check, ConditionError> {
        let at = self.at();
        match self.literal()? {
            Literal::Flag(_) => {
                Err(ConditionError::new(at, "`true` and `false` have no order; compare with `=` or `!=`"))
            }
            literal => Ok(Check::Order(sign, literal)),
        }
    }

    fn list(&mut self) -> Result<Vec<Literal>, ConditionError> {
        if !self.takes_sign("(") {
            return Err(self.error("behind IN stands a list in parentheses, as in ('a', 'b')"));
        }
        let mut literals = Vec::new();
        if self.takes_sign(")") {
            return Ok(literals);
        }
        loop {
            literals.push(self.literal()?);
            if self.takes_sign(")") {
                return Ok(literals);
            }
            if !self.takes_sign(",") {
                return Err(self.unexpected(self.peek(), "`,` or `)`"));
            }
        }
    }

    fn text(&mut self, operator: &str) -> Result<String, ConditionError> {
        match self.peek() {
            Token::Literal(Literal::Text(text)) => {
                let text = text.clone();
                self.next += 1;
                Ok(text)
            }
            _ => Err(self.error(format!("behind {operator} stands a text in single quotes"))),
        }
    }

    fn network(&mut self, operator: &str) -> Result<ipnet::IpNet, ConditionError> {
        let at = self.at();
        let message = "write an address or a network, such as '192.0.2.0/24'";
        forms::network(&self.text(operator)?).ok_or_else(|| ConditionError::new(at, message))
    }
}

fn pattern(text: &str, at: usize) -> Result<Check, ConditionError> {
    compile(text).map(Check::Pattern).map_err(|error| {
        let reason = match error {
            regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
            error => {
                error.to_string().lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned()
            }
        };
        ConditionError::new(at, format!("the pattern is not one that is matched here: {reason}"))
    })
}

/// `%` stands for any run of characters, `_` for one; all other characters for themselves.
fn like(text: &str, at: usize) -> Result<Check, ConditionError> {
    let mut pattern = String::from(r"(?s)\A");
    for character in text.chars() {
        match character {
            '%' => pattern.push_str(".*"),
            '_' => pattern.push('.'),
            other => pattern.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    pattern.push_str(r"\z");
    compile(&pattern)
        .map(Check::Pattern)
        .map_err(|_| ConditionError::new(at, "the text behind LIKE is too long; shorten it"))
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    let mut builder = RegexBuilder::new(pattern);
    builder.size_limit(PATTERN_BYTES_MAX).dfa_size_limit(PATTERN_BYTES_MAX).nest_limit(64).build()
}
