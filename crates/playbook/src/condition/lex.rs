//! The words of a condition. White space and comments are left out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{ConditionError, Literal, Number, forms};

/// Signs, the longer ones first.
const SIGNS: [&str; 16] = ["==", "!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", ":", ".", "*"];

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(String),
    Literal(Literal),
    Sign(&'static str),
    End,
}

impl Token {
    /// As it is called in messages.
    pub(super) fn shown(&self) -> String {
        match self {
            Token::Word(word) => format!("`{word}`"),
            Token::Literal(Literal::Text(_)) => "a text".to_owned(),
            Token::Literal(Literal::Number(_)) => "a number".to_owned(),
            Token::Literal(_) => "a literal".to_owned(),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::End => "the end".to_owned(),
        }
    }
}

/// All words with their offsets; the last is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ConditionError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip()?;
        let at = lexer.at;
        if lexer.rest().is_empty() {
            tokens.push((at, Token::End));
            return Ok(tokens);
        }
        tokens.push((at, lexer.token()?));
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes the characters from here on that are of a kind.
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|character| !wanted(character)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T, ConditionError> {
        Err(ConditionError::new(self.at, message))
    }

    fn skip(&mut self) -> Result<(), ConditionError> {
        loop {
            self.take(char::is_whitespace);
            if self.rest().starts_with("//") {
                self.take(|character| character != '\n');
            } else if self.rest().starts_with("/*") {
                let Some(end) = self.rest().find("*/") else {
                    return self.error("the comment is not closed; add `*/`");
                };
                self.at += end + 2;
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Token, ConditionError> {
        let rest = self.rest();
        let first = rest.chars().next().unwrap_or_default();
        let second = rest.chars().nth(1).unwrap_or_default();
        if first == '\'' {
            return Ok(Token::Literal(Literal::Text(self.quoted()?)));
        }
        if second == '\'' && matches!(first, 'h' | 'b' | 't') {
            return self.prefixed(first).map(Token::Literal);
        }
        if first.is_ascii_alphabetic() || first == '_' {
            return Ok(Token::Word(self.take(|c| u8::try_from(c).is_ok_and(forms::is_name_byte)).to_owned()));
        }
        let number = |c: char| c.is_ascii_digit() || c == '.';
        if first.is_ascii_digit() || (matches!(first, '+' | '-') && number(second)) {
            return self.number();
        }
        if first == '.' && second.is_ascii_digit() {
            return self.number();
        }
        let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) else { return self.unknown(first) };
        self.at += sign.len();
        Ok(Token::Sign(sign))
    }

    fn unknown(&self, first: char) -> Result<Token, ConditionError> {
        match first {
            '"' => self.error("text stands in single quotes, as in 'text'"),
            '&' => self.error("write AND"),
            '|' => self.error("write OR"),
            '!' => self.error("write NOT before the operator, or `!=`"),
            _ => self.error(format!("`{}` means nothing here; take it out", first.escape_default())),
        }
    }

    /// A text in single quotes, in which `\'` and `\\` stand for a quote and a backslash.
    fn quoted(&mut self) -> Result<String, ConditionError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            text.push_str(self.take(|character| character != '\'' && character != '\\'));
            let mut next = self.rest().chars();
            match (next.next(), next.next()) {
                (None, _) => return Err(ConditionError::new(start, "the text is not closed; add a single quote")),
                (Some('\''), _) => {
                    self.at += 1;
                    return Ok(text);
                }
                (_, Some(escaped @ ('\'' | '\\'))) => {
                    self.at += 2;
                    text.push(escaped);
                }
                _ => return self.error("a backslash in a text is doubled: write `\\\\`"),
            }
        }
    }

    /// Bytes or a moment.
    fn prefixed(&mut self, prefix: char) -> Result<Literal, ConditionError> {
        let start = self.at;
        self.at += 1;
        let text = self.quoted()?;
        let literal = match prefix {
            'h' => forms::hex(&text).map(Literal::Bytes).ok_or("h'…' has pairs of hex digits"),
            'b' => STANDARD.decode(&text).map(Literal::Bytes).map_err(|_| "b'…' has base64 with padding"),
            _ => forms::timestamp(&text)
                .map(Literal::Instant)
                .map_err(|_| "write t'2026-11-30T00:00:00Z', a real moment"),
        };
        literal.map_err(|message| ConditionError::new(start, message))
    }

    fn number(&mut self) -> Result<Token, ConditionError> {
        let start = self.at;
        if self.rest().starts_with(['+', '-']) {
            self.at += 1;
        }
        let whole = self.take(|c| c.is_ascii_digit());
        if whole.len() > 1 && whole.starts_with('0') {
            return Err(ConditionError::new(start, "a number has no zeros before it; leave them out"));
        }
        if self.rest().starts_with('.') {
            self.at += 1;
            if self.take(|c| c.is_ascii_digit()).is_empty() {
                return Err(ConditionError::new(start, "digits are missing behind the point"));
            }
        }
        let number = self.text.get(start..self.at).and_then(Number::parse);
        let number = number.ok_or_else(|| ConditionError::new(start, "the number is too large"))?;
        Ok(Token::Literal(Literal::Number(number)))
    }
}
