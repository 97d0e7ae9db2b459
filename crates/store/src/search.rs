//! Text search with own words, so that both engines give the same answer: SQLite and PostgreSQL only look them up.
//!
//! A word is a run of letters and digits, in lower case. Words joined by `.` (addresses, names of hosts and files) are found
//! whole, by each part, and by any end that begins at a part: `www.example.com` is found by `example.com`, too. A word of a
//! query that has three characters or more, or ends in `*`, also finds words that begin with it.

use std::collections::BTreeSet;

use crate::StoreError;
use crate::sql::{Database, Engine, Statement, Transaction};

/// Longer words are cut, in texts and in queries.
const WORD_CHARS_MAX: usize = 100;
/// Most words of one text; most of a query.
const WORDS_MAX: usize = 4_000;
const TERMS_MAX: usize = 16;
/// Ends of a name that are kept.
const ENDS_MAX: usize = 8;
/// So many words that begin with something are named in its place.
const NAMED_MAX: u64 = 8;
/// Shorter words of a query are found whole only.
const PREFIX_CHARS_MIN: usize = 3;

/// A word of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    word: String,
    prefix: bool,
}

fn cut(word: &str) -> String {
    word.chars().take(WORD_CHARS_MAX).collect()
}

/// Words joined by dots, as they stand in a text in lower case.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let runs = text.split(|c: char| !c.is_alphanumeric() && c != '.');
    runs.map(|run| run.trim_matches('.')).filter(|run| !run.is_empty())
}

/// All words to find some texts by.
pub(crate) fn tokens<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for text in texts {
        let text = text.to_lowercase();
        for name in names(&text) {
            words.insert(cut(name));
            for part in name.split('.').filter(|part| !part.is_empty()) {
                words.insert(cut(part));
            }
            let ends = name.match_indices('.').map(|(at, _)| name[at..].trim_matches('.'));
            words.extend(ends.filter(|end| !end.is_empty()).take(ENDS_MAX).map(cut));
            if words.len() >= WORDS_MAX {
                return words.into_iter().take(WORDS_MAX).collect();
            }
        }
    }
    words
}

/// The words as one text.
pub(crate) fn joined(words: &BTreeSet<String>) -> String {
    words.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn terms(text: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    for piece in text.to_lowercase().split_whitespace() {
        let starred = piece.ends_with('*');
        let mut names = names(piece).peekable();
        while let Some(name) = names.next() {
            let word = cut(name);
            let last = names.peek().is_none();
            let prefix = word.chars().count() >= PREFIX_CHARS_MIN || (starred && last);
            terms.push(Term { word, prefix });
        }
    }
    terms.truncate(TERMS_MAX);
    terms
}

/// Whether words match a query; what both engines must answer.
#[cfg(test)]
fn matches(words: &BTreeSet<String>, text: &str) -> bool {
    terms(text)
        .iter()
        .all(|term| words.iter().any(|word| *word == term.word || (term.prefix && word.starts_with(&term.word))))
}

/// What somebody looks for, in the words of an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query(String);

/// Reads a query about a table; none if it asks for nothing.
pub(crate) async fn query(database: &Database, table: &str, text: &str) -> Result<Option<Query>, StoreError> {
    let mut words = Vec::new();
    for term in terms(text) {
        words.push(match database.engine() {
            Engine::Sqlite => lite(database, table, &term).await?,
            Engine::Postgres => format!("'{}'{}", term.word, if term.prefix { ":*" } else { "" }),
        });
    }
    let and = match database.engine() {
        Engine::Sqlite => " AND ",
        Engine::Postgres => " & ",
    };
    Ok((!words.is_empty()).then(|| Query(words.join(and))))
}

/// SQLite gathers all rows with words that begin with something before it answers the first; rows with some words it hands
/// over as it finds them. So where only a few words begin with it, they are named.
async fn lite(database: &Database, table: &str, term: &Term) -> Result<String, StoreError> {
    if !term.prefix {
        return Ok(format!("\"{}\"", term.word));
    }
    let sql = format!("SELECT term FROM {table}_words WHERE term >= $1 AND term <= $2 LIMIT $3");
    let last = format!("{}{}", term.word, char::MAX);
    let rows = database.query(&sql, &[term.word.as_str().into(), last.into(), (NAMED_MAX + 1).into()]).await?;
    if rows.is_empty() || rows.len() as u64 > NAMED_MAX {
        return Ok(format!("\"{}\"*", term.word));
    }
    let words = rows.iter().map(|row| Ok(format!("\"{}\"", row.text(0)?))).collect::<Result<Vec<_>, StoreError>>()?;
    Ok(format!("({})", words.join(" OR ")))
}

/// Appends ` AND …` that keeps rows of a table whose words match. `number` is the column that numbers the rows, on SQLite
/// possibly behind a `+`.
pub(crate) fn condition(statement: &mut Statement, engine: Engine, (table, number): (&str, &str), query: &Query) {
    match engine {
        Engine::Sqlite => {
            statement.push(&format!(" AND {number} IN (SELECT rowid FROM {table}_text WHERE 1 = 1"));
            matching(statement, table, query);
            statement.push(")");
        }
        Engine::Postgres => {
            let sql = format!(" AND {table}.tokens @@ CAST(");
            statement.with(&sql, query.0.as_str()).push(" AS tsquery)");
        }
    }
}

/// Appends ` AND …` that keeps rows of the words of a table on SQLite.
pub(crate) fn matching(statement: &mut Statement, table: &str, query: &Query) {
    statement.with(&format!(" AND {table}_text MATCH "), query.0.as_str());
}

/// Keeps the words of one row, instead of those before.
pub(crate) async fn index(
    transaction: &mut Transaction,
    table: &str,
    id: &str,
    words: &BTreeSet<String>,
) -> Result<(), StoreError> {
    let words = joined(words);
    match transaction.engine() {
        Engine::Sqlite => {
            let sql = format!("DELETE FROM {table}_text WHERE rowid = (SELECT num FROM {table} WHERE id = $1)");
            transaction.execute(&sql, &[id.into()]).await?;
            let sql = format!("INSERT INTO {table}_text (rowid, words) SELECT num, $2 FROM {table} WHERE id = $1");
            transaction.execute(&sql, &[id.into(), words.into()]).await.map(drop)
        }
        Engine::Postgres => {
            let sql = format!("UPDATE {table} SET tokens = array_to_tsvector(string_to_array($2, ' ')) WHERE id = $1");
            transaction.execute(&sql, &[id.into(), words.into()]).await.map(drop)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, query: &str, expected: bool) {
        assert_eq!(matches(&tokens([text]), query), expected, "{query:?} in {text:?}");
    }

    #[test]
    fn words_are_found() {
        check("Logon from 10.0.0.5 to WEB-01", "10.0.0.5", true);
        check("Logon from 10.0.0.5 to WEB-01", "10.0.0", true);
        check("Logon from 10.0.0.5 to WEB-01", "0.0.5", true);
        check("Logon from 10.0.0.5 to WEB-01", "10.0.0.6", false);
        check("Logon from 10.0.0.5 to WEB-01", "web-01", true);
        check("Logon from 10.0.0.5 to WEB-01", "log web", true);
        check("Logon from 10.0.0.5 to WEB-01", "logon db", false);
        check("Logon from 10.0.0.5 to WEB-01", "lo", false);
        check("Logon from 10.0.0.5 to WEB-01", "lo*", true);
        check("www.example.com", "example.com", true);
        check("www.example.com", "com", true);
        check("C:\\Temp\\evil.exe", "evil", true);
        check("C:\\Temp\\evil.exe", "evil.exe", true);
        check("İstanbul ÅNGSTRÖM", "ångström", true);
        check("anything", "  * ", true);
    }
}
