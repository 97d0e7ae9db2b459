//! What the engines say went wrong, in words that say what to do.

use sqlx::Error;
use sqlx::error::DatabaseError;

use crate::StoreError;

/// The error of the store for one of an engine.
pub(crate) fn fault(error: Error) -> StoreError {
    match error {
        Error::Database(error) => {
            let code = error.code().map(|code| code.into_owned()).unwrap_or_default();
            if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
                lite(code.parse().unwrap_or(0), error.as_ref())
            } else {
                postgres(&code, error.as_ref())
            }
        }
        Error::PoolTimedOut => {
            unavailable("no connection became free in time; look whether the database runs", "time out")
        }
        Error::PoolClosed => StoreError::Unavailable("it was closed; Quell is stopping".to_owned()),
        Error::Io(error) => unavailable("the connection or the disk failed; look whether the database runs", &error),
        Error::Tls(error) => unavailable("the connection could not be secured; look at the certificate", &error),
        Error::InvalidSavePointStatement => StoreError::Unavailable("a transaction was cut off; try again".to_owned()),
        Error::WorkerCrashed => StoreError::Unavailable("a connection ended; try again".to_owned()),
        Error::Protocol(error) => unavailable("the connection was lost; try again", &error),
        Error::Configuration(error) => unavailable("the address of the database cannot be used; correct it", &error),
        other => StoreError::Damaged(other.to_string()),
    }
}

fn unavailable(what: &str, error: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("{what} ({error})"))
}

/// Codes: <https://www.sqlite.org/rescode.html>. The low byte is the primary one.
fn lite(code: u32, error: &dyn DatabaseError) -> StoreError {
    let said = error.message();
    match code & 0xff {
        5 | 6 => unavailable("another program holds the database; try again", said),
        8 => unavailable("the database cannot be written; look at the permissions of its folder", said),
        10 => unavailable("the disk failed; look at it and at the permissions of the folder", said),
        13 => unavailable("the disk is full; make room", said),
        14 => unavailable("the database cannot be opened; look at its folder and the number of open files", said),
        19 if error.is_unique_violation() => StoreError::Taken(said.to_owned()),
        _ => StoreError::Damaged(said.to_owned()),
    }
}

/// Codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn postgres(code: &str, error: &dyn DatabaseError) -> StoreError {
    let said = error.message();
    match (code.get(..2).unwrap_or_default(), code) {
        (_, "53100") => unavailable("the disk of the database is full; make room", said),
        ("08" | "53" | "57" | "58", _) => unavailable("the database refused; look whether it runs and has room", said),
        (_, "40001" | "40P01" | "55P03") => unavailable("others are writing; try again", said),
        (_, "25006") => unavailable("the database is read-only; connect to the primary", said),
        ("28" | "3D" | "42", "28000" | "28P01" | "3D000" | "42501") => {
            unavailable("the database does not let Quell in; correct user, password, rights or name", said)
        }
        (_, "23505") => StoreError::Taken(error.constraint().unwrap_or(said).to_owned()),
        _ => StoreError::Damaged(said.to_owned()),
    }
}
