//! The condition language of Sigma: `and`, `or`, `not`, parentheses, `1 of x*`, `all of them`.
//!
//! Precedence, lowest first: or, and, not, x-of, parentheses (specification, "Condition").

use quell_model::wildcard_match;

use super::Expr;

/// Deepest nesting of parentheses and `not`.
const DEPTH_MAX: u32 = 64;
/// Most parts that a condition may be written out into: each name stands for all of its search.
const PARTS_MAX: usize = 50_000;

/// Parses `text`, replacing each identifier by its search.
pub(super) fn parse(text: &str, searches: &[(&str, Expr)]) -> Result<Expr, String> {
    if text.contains('|') {
        return Err("aggregation in a condition (`| count …`) was replaced by correlation rules in Sigma 2".to_owned());
    }
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, parts: 0, searches };
    let expr = parser.or()?;
    match parser.peek() {
        None => Ok(expr),
        Some(token) => Err(format!("condition `{text}`: unexpected `{token}`")),
    }
}

struct Parser<'a> {
    tokens: &'a [&'a str],
    at: usize,
    depth: u32,
    parts: usize,
    searches: &'a [(&'a str, Expr)],
}

impl<'a> Parser<'a> {
    fn or(&mut self) -> Result<Expr, String> {
        let mut parts = vec![self.and()?];
        while self.take("or") {
            parts.push(self.and()?);
        }
        Ok(Expr::any(parts))
    }

    fn and(&mut self) -> Result<Expr, String> {
        let mut parts = vec![self.not()?];
        while self.take("and") {
            parts.push(self.not()?);
        }
        Ok(Expr::all(parts))
    }

    fn not(&mut self) -> Result<Expr, String> {
        if !self.take("not") {
            return self.atom();
        }
        self.enter()?;
        let inner = self.not()?;
        self.depth -= 1;
        Ok(Expr::Not(Box::new(inner)))
    }

    fn atom(&mut self) -> Result<Expr, String> {
        let token = self.next().ok_or("condition ends where a search identifier is expected")?;
        if token == "(" {
            self.enter()?;
            let inner = self.or()?;
            self.depth -= 1;
            return if self.take(")") { Ok(inner) } else { Err("condition: a `)` is missing".to_owned()) };
        }
        let quantifier = token.to_ascii_lowercase();
        if matches!(quantifier.as_str(), "1" | "any" | "all") && self.take("of") {
            let pattern = self.next().ok_or("condition ends after `of`")?;
            return self.quantified(quantifier == "all", pattern);
        }
        let searches = self.searches;
        let found = searches.iter().find(|(name, _)| *name == token);
        let (_, expr) = found.ok_or_else(|| format!("condition names `{token}`, which is not a search"))?;
        self.written_out(expr)
    }

    fn quantified(&mut self, all: bool, pattern: &str) -> Result<Expr, String> {
        let them = pattern.eq_ignore_ascii_case("them");
        let is_meant = |name: &str| if them { !name.starts_with('_') } else { wildcard_match(pattern, name) };
        let searches = self.searches;
        let meant = searches.iter().filter(|(name, _)| is_meant(name));
        let chosen = meant.map(|(_, expr)| self.written_out(expr)).collect::<Result<Vec<Expr>, String>>()?;
        if chosen.is_empty() {
            return Err(format!("condition: no search is called `{pattern}`"));
        }
        Ok(if all { Expr::all(chosen) } else { Expr::any(chosen) })
    }

    fn written_out(&mut self, search: &Expr) -> Result<Expr, String> {
        let mut parts = 1;
        search.for_each_leaf(&mut |_| parts += 1);
        self.parts += parts;
        if self.parts > PARTS_MAX {
            Err(format!("condition: written out it has more than {PARTS_MAX} parts"))
        } else {
            Ok(search.clone())
        }
    }

    fn enter(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX { Err(format!("condition is nested deeper than {DEPTH_MAX}")) } else { Ok(()) }
    }

    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> Option<&'a str> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PredicateId;

    /// Searches `a`, `b`, `sel_x`, `sel_y`, `_hidden`, true for the names in `on`.
    fn check(condition: &str, on: &[&str], expected: Result<bool, &str>) {
        let names = ["a", "b", "sel_x", "sel_y", "_hidden"];
        let searches: Vec<(&str, Expr)> =
            (0u32..).map(|i| Expr::Leaf(PredicateId(i))).zip(names).map(|(e, n)| (n, e)).collect();
        let value = parse(condition, &searches).map(|expr| expr.evaluate(&mut |id| on.contains(&names[id.index()])));
        match expected {
            Ok(expected) => assert_eq!(value, Ok(expected), "{condition} with {on:?}"),
            Err(part) => assert!(value.clone().is_err_and(|e| e.contains(part)), "{condition}: {value:?}"),
        }
    }

    #[test]
    fn precedence() {
        check("a or b and sel_x", &["a"], Ok(true));
        check("(a or b) and sel_x", &["a"], Ok(false));
        check("not a and b", &["b"], Ok(true));
        check("not (a and b)", &["a"], Ok(true));
        check("a AND NOT b", &["a"], Ok(true));
    }

    #[test]
    fn quantifiers() {
        check("1 of sel_*", &["sel_y"], Ok(true));
        check("all of sel_*", &["sel_y"], Ok(false));
        check("all of *_x", &["sel_x"], Ok(true));
        check("1 of them", &["_hidden"], Ok(false));
        check("1 of _*", &["_hidden"], Ok(true));
        check("not all of sel_*", &["sel_x"], Ok(true));
        check("not 1 of sel_* and a", &["a"], Ok(true));
        check("1 of s*l*y", &["sel_y"], Ok(true));
    }

    #[test]
    fn errors_name_the_cause() {
        check("a and", &[], Err("ends"));
        check("(a", &[], Err("`)`"));
        check("a b", &[], Err("unexpected `b`"));
        check("missing", &[], Err("`missing`"));
        check("1 of none*", &[], Err("`none*`"));
        check("a | count() > 5", &[], Err("correlation"));
        check(&format!("{}a", "not ".repeat(100)), &[], Err("nested"));
    }
}
