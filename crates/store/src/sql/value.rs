//! Values that go into statements.

use std::borrow::Cow;

use quell_model::Timestamp;
use sqlx::postgres::Postgres;
use sqlx::query::Query;
use sqlx::sqlite::Sqlite;
use sqlx::{AssertSqlSafe, Database};

/// A value for a placeholder. Times are microseconds since the epoch, truths are 0 and 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

/// Text without the one character that PostgreSQL cannot store.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Int(Some(number))
    }
}

impl From<u64> for Value {
    // What counts here stays below 2^63; a larger number cannot be stored and becomes the largest that can.
    fn from(number: u64) -> Value {
        Value::Int(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Value {
        Value::Int(Some(i64::from(number)))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::Int(Some(i64::from(truth)))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(Some(clean(text).into_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        if text.contains('\0') { Value::from(text.as_str()) } else { Value::Text(Some(text)) }
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Value {
        Value::from(text.as_str())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Value {
        Value::Bytes(Some(bytes))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Value {
        Value::Bytes(Some(bytes.to_vec()))
    }
}

impl From<&[u8; 32]> for Value {
    fn from(bytes: &[u8; 32]) -> Value {
        Value::Bytes(Some(bytes.to_vec()))
    }
}

impl From<Timestamp> for Value {
    fn from(time: Timestamp) -> Value {
        Value::Int(Some(time.as_microsecond()))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Value {
        Value::Int(number)
    }
}

impl From<Option<u64>> for Value {
    fn from(number: Option<u64>) -> Value {
        number.map_or(Value::Int(None), Value::from)
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(time: Option<Timestamp>) -> Value {
        Value::Int(time.map(Timestamp::as_microsecond))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Value {
        text.map_or(Value::Text(None), Value::from)
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Value {
        text.map_or(Value::Text(None), Value::from)
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(bytes: Option<Vec<u8>>) -> Value {
        Value::Bytes(bytes)
    }
}

/// The statement for SQLite.
pub(super) fn lite<'q>(sql: &str, values: &[Value]) -> Query<'q, Sqlite, <Sqlite as Database>::Arguments> {
    let mut query = sqlx::query(AssertSqlSafe(questions(sql)));
    for value in values {
        query = match value {
            Value::Int(number) => query.bind(*number),
            Value::Text(text) => query.bind(text.clone()),
            Value::Bytes(bytes) => query.bind(bytes.clone()),
        };
    }
    query
}

/// Placeholders as SQLite likes them. It takes `$1` for a name and compares each with all before it: for the thousands of an
/// INSERT that is most of the work. `?1` is a number, and `?` alone the next one. No other `$` stands in a statement.
fn questions(sql: &str) -> String {
    let mut parts = sql.split('$');
    let mut plain = String::with_capacity(sql.len());
    plain.push_str(parts.next().unwrap_or_default());
    for (next, part) in (1_usize..).zip(parts) {
        let rest = part.trim_start_matches(|letter: char| letter.is_ascii_digit());
        if part[..part.len() - rest.len()].parse() != Ok(next) {
            return sql.replace('$', "?");
        }
        plain.push('?');
        plain.push_str(rest);
    }
    plain
}

/// The statement for PostgreSQL.
pub(super) fn postgres<'q>(sql: &str, values: &[Value]) -> Query<'q, Postgres, <Postgres as Database>::Arguments> {
    let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
    for value in values {
        query = match value {
            Value::Int(number) => query.bind(*number),
            Value::Text(text) => query.bind(text.clone()),
            Value::Bytes(bytes) => query.bind(bytes.clone()),
        };
    }
    query
}

#[cfg(test)]
mod tests {
    use super::questions;

    #[test]
    fn placeholders_in_order_lose_their_numbers_and_others_keep_them() {
        assert_eq!(questions("SELECT 1"), "SELECT 1");
        assert_eq!(questions("VALUES ($1, $2), ($3, $4) LIMIT $5"), "VALUES (?, ?), (?, ?) LIMIT ?");
        assert_eq!(questions("SET a = $2 WHERE b = $1 OR a <> $2"), "SET a = ?2 WHERE b = ?1 OR a <> ?2");
    }
}
