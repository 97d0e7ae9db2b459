//! Rows that come out of statements. A cell that is not what it should be is an error of this cell only, so that a check of
//! the ledger can go on.

use std::sync::Arc;

use quell_model::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column, Decode, Row as _, TypeInfo, ValueRef};

use crate::StoreError;

/// Names of the columns of one result.
pub(super) type Names = Arc<[String]>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    /// Another type, or text that is no UTF-8; with what it is.
    Broken(String),
}

/// One row of a result.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    names: Names,
    cells: Vec<Cell>,
}

/// A column, by place or by name.
pub(crate) trait Place: Copy {
    fn find(self, names: &[String]) -> Option<usize>;
    fn shown(self) -> String;
}

impl Place for usize {
    fn find(self, _: &[String]) -> Option<usize> {
        Some(self)
    }
    fn shown(self) -> String {
        format!("column {self}")
    }
}

impl Place for &str {
    fn find(self, names: &[String]) -> Option<usize> {
        names.iter().position(|name| name == self)
    }
    fn shown(self) -> String {
        format!("column {self}")
    }
}

impl Row {
    fn cell(&self, place: impl Place) -> Result<&Cell, StoreError> {
        place
            .find(&self.names)
            .and_then(|index| self.cells.get(index))
            .ok_or_else(|| StoreError::Damaged(format!("{} is missing", place.shown())))
    }

    /// A whole number, if there is one.
    pub(crate) fn maybe_int(&self, place: impl Place) -> Result<Option<i64>, StoreError> {
        match self.cell(place)? {
            Cell::Null => Ok(None),
            Cell::Int(number) => Ok(Some(*number)),
            other => Err(wrong(place, "no whole number", other)),
        }
    }

    /// A whole number.
    pub(crate) fn int(&self, place: impl Place) -> Result<i64, StoreError> {
        self.maybe_int(place)?.ok_or_else(|| wrong(place, "no whole number", &Cell::Null))
    }

    /// A count.
    pub(crate) fn count(&self, place: impl Place) -> Result<u64, StoreError> {
        u64::try_from(self.int(place)?).map_err(|_| StoreError::Damaged(format!("{} is below 0", place.shown())))
    }

    /// A truth.
    pub(crate) fn truth(&self, place: impl Place) -> Result<bool, StoreError> {
        Ok(self.int(place)? != 0)
    }

    /// A time, if there is one.
    pub(crate) fn maybe_time(&self, place: impl Place) -> Result<Option<Timestamp>, StoreError> {
        let time = self.maybe_int(place)?.map(Timestamp::from_microsecond).transpose();
        time.map_err(|_| StoreError::Damaged(format!("{} is no time", place.shown())))
    }

    /// A time.
    pub(crate) fn time(&self, place: impl Place) -> Result<Timestamp, StoreError> {
        self.maybe_time(place)?.ok_or_else(|| wrong(place, "no time", &Cell::Null))
    }

    /// Text, if there is any.
    pub(crate) fn maybe_text(&self, place: impl Place) -> Result<Option<&str>, StoreError> {
        match self.cell(place)? {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            other => Err(wrong(place, "no text", other)),
        }
    }

    /// Text.
    pub(crate) fn text(&self, place: impl Place) -> Result<&str, StoreError> {
        self.maybe_text(place)?.ok_or_else(|| wrong(place, "no text", &Cell::Null))
    }

    /// Bytes, if there are any.
    pub(crate) fn maybe_bytes(&self, place: impl Place) -> Result<Option<&[u8]>, StoreError> {
        match self.cell(place)? {
            Cell::Null => Ok(None),
            Cell::Bytes(bytes) => Ok(Some(bytes)),
            other => Err(wrong(place, "no bytes", other)),
        }
    }

    /// Bytes.
    pub(crate) fn bytes(&self, place: impl Place) -> Result<&[u8], StoreError> {
        self.maybe_bytes(place)?.ok_or_else(|| wrong(place, "no bytes", &Cell::Null))
    }

    /// A SHA-256.
    pub(crate) fn hash(&self, place: impl Place) -> Result<[u8; 32], StoreError> {
        let bytes = self.bytes(place)?;
        bytes.try_into().map_err(|_| StoreError::Damaged(format!("{} is no SHA-256", place.shown())))
    }
}

fn wrong(place: impl Place, what: &str, cell: &Cell) -> StoreError {
    let is = match cell {
        Cell::Null => "nothing",
        Cell::Int(_) => "a number",
        Cell::Text(_) => "text",
        Cell::Bytes(_) => "bytes",
        Cell::Broken(is) => is,
    };
    StoreError::Damaged(format!("{} is {what} but {is}", place.shown()))
}

fn decoded<T>(value: Result<T, impl std::fmt::Display>, cell: impl FnOnce(T) -> Cell) -> Cell {
    value.map_or_else(|error| Cell::Broken(error.to_string()), cell)
}

pub(super) fn lite(row: &SqliteRow, names: &mut Option<Names>) -> Row {
    let names = names.get_or_insert_with(|| row.columns().iter().map(|column| column.name().to_owned()).collect());
    let cell = |index: usize| {
        let Ok(raw) = row.try_get_raw(index) else { return Cell::Broken("unreadable".to_owned()) };
        if raw.is_null() {
            return Cell::Null;
        }
        let kind = raw.type_info().name().to_owned();
        match kind.as_str() {
            "INTEGER" => decoded(<i64 as Decode<sqlx::Sqlite>>::decode(raw), Cell::Int),
            "TEXT" => decoded(<String as Decode<sqlx::Sqlite>>::decode(raw), Cell::Text),
            "BLOB" => decoded(<Vec<u8> as Decode<sqlx::Sqlite>>::decode(raw), Cell::Bytes),
            _ => Cell::Broken(kind),
        }
    };
    Row { cells: (0..row.len()).map(cell).collect(), names: Arc::clone(names) }
}

pub(super) fn postgres(row: &PgRow, names: &mut Option<Names>) -> Row {
    let names = names.get_or_insert_with(|| row.columns().iter().map(|column| column.name().to_owned()).collect());
    let cell = |index: usize| {
        let Ok(raw) = row.try_get_raw(index) else { return Cell::Broken("unreadable".to_owned()) };
        if raw.is_null() {
            return Cell::Null;
        }
        let kind = raw.type_info().name().to_owned();
        match kind.as_str() {
            "INT8" => decoded(<i64 as Decode<sqlx::Postgres>>::decode(raw), Cell::Int),
            "INT4" => decoded(<i32 as Decode<sqlx::Postgres>>::decode(raw), |number| Cell::Int(i64::from(number))),
            "BOOL" => decoded(<bool as Decode<sqlx::Postgres>>::decode(raw), |truth| Cell::Int(i64::from(truth))),
            "TEXT" | "VARCHAR" | "NAME" => decoded(<String as Decode<sqlx::Postgres>>::decode(raw), Cell::Text),
            "BYTEA" => decoded(<Vec<u8> as Decode<sqlx::Postgres>>::decode(raw), Cell::Bytes),
            "VOID" => Cell::Null,
            _ => Cell::Broken(kind),
        }
    };
    Row { cells: (0..row.len()).map(cell).collect(), names: Arc::clone(names) }
}
