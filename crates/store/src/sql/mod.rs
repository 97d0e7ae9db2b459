//! A thin layer over the two engines, so that all other code is written once: one SQL text with `$1` placeholders, own
//! values and rows, one kind of error.

mod database;
mod fault;
mod row;
mod statement;
mod transaction;
mod value;

pub(crate) use database::{Database, Engine, LiteFile};
pub(crate) use fault::fault;
pub(crate) use row::Row;
pub(crate) use statement::Statement;
pub(crate) use transaction::Transaction;
pub(crate) use value::{Value, clean};
