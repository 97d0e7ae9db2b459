//! A statement that grows: SQL with placeholders and the values for them, so that no value ever becomes SQL.

use super::Value;

/// SQL text and the values of its placeholders.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

impl Statement {
    /// A statement that begins with `sql`.
    pub(crate) fn new(sql: &str) -> Statement {
        Statement { sql: sql.to_owned(), values: Vec::new() }
    }

    /// Appends SQL.
    pub(crate) fn push(&mut self, sql: &str) -> &mut Statement {
        self.sql.push_str(sql);
        self
    }

    /// Appends a placeholder for a value.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Statement {
        self.values.push(value.into());
        self.sql.push('$');
        self.sql.push_str(&self.values.len().to_string());
        self
    }

    /// Appends SQL and a placeholder for a value.
    pub(crate) fn with(&mut self, sql: &str, value: impl Into<Value>) -> &mut Statement {
        self.push(sql).bind(value)
    }

    /// Appends SQL and a placeholder, if there is a value.
    pub(crate) fn with_some(&mut self, sql: &str, value: Option<impl Into<Value>>) -> &mut Statement {
        if let Some(value) = value {
            self.with(sql, value);
        }
        self
    }

    /// Appends placeholders in parentheses; for no values a list that contains nothing.
    pub(crate) fn list<T: Into<Value>>(&mut self, values: impl IntoIterator<Item = T>) -> &mut Statement {
        self.push("(");
        let mut empty = true;
        for value in values {
            if !std::mem::take(&mut empty) {
                self.push(", ");
            }
            self.bind(value);
        }
        self.push(if empty { "NULL)" } else { ")" })
    }
}
