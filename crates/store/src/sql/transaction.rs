//! Statements inside a transaction. Dropped without a commit, it has not happened.

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Postgres, Sqlite};

use super::{Engine, Row, Value, fault, row, value};
use crate::StoreError;

/// A transaction on one of the engines.
#[derive(Debug)]
pub(crate) enum Transaction {
    Lite(sqlx::Transaction<'static, Sqlite>),
    Pg(sqlx::Transaction<'static, Postgres>),
}

impl Transaction {
    /// Which engine it is on.
    pub(crate) fn engine(&self) -> Engine {
        match self {
            Transaction::Lite(_) => Engine::Sqlite,
            Transaction::Pg(_) => Engine::Postgres,
        }
    }

    /// Hands over each row as it comes.
    pub(crate) async fn each(
        &mut self,
        sql: &str,
        values: &[Value],
        mut take: impl FnMut(Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut names = None;
        match self {
            Transaction::Lite(transaction) => {
                let mut stream = value::lite(sql, values).fetch(&mut **transaction);
                while let Some(found) = stream.try_next().await.map_err(fault)? {
                    take(row::lite(&found, &mut names))?;
                }
            }
            Transaction::Pg(transaction) => {
                let mut stream = value::postgres(sql, values).fetch(&mut **transaction);
                while let Some(found) = stream.try_next().await.map_err(fault)? {
                    take(row::postgres(&found, &mut names))?;
                }
            }
        }
        Ok(())
    }

    /// Rows of a statement, also of one that writes and returns.
    pub(crate) async fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        let take = |row| {
            rows.push(row);
            Ok(())
        };
        self.each(sql, values, take).await?;
        Ok(rows)
    }

    /// The first row of a statement.
    pub(crate) async fn one(&mut self, sql: &str, values: &[Value]) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, values).await?.into_iter().next())
    }

    /// Runs a statement; answers how many rows it touched.
    pub(crate) async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        match self {
            Transaction::Lite(transaction) => {
                let done = value::lite(sql, values).execute(&mut **transaction).await;
                done.map(|done| done.rows_affected()).map_err(fault)
            }
            Transaction::Pg(transaction) => {
                let done = value::postgres(sql, values).execute(&mut **transaction).await;
                done.map(|done| done.rows_affected()).map_err(fault)
            }
        }
    }

    /// Runs several statements without values.
    pub(crate) async fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Transaction::Lite(transaction) => sql.execute(&mut **transaction).await.map(drop).map_err(fault),
            Transaction::Pg(transaction) => sql.execute(&mut **transaction).await.map(drop).map_err(fault),
        }
    }

    /// Lets long statements run to their end.
    pub(crate) async fn without_time_limit(&mut self) -> Result<(), StoreError> {
        match self.engine() {
            Engine::Sqlite => Ok(()),
            Engine::Postgres => self.script("SET LOCAL statement_timeout = 0").await,
        }
    }

    /// Makes it durable. Where the answer of a database can be lost on its way, it can be durable though this fails.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Transaction::Lite(transaction) => transaction.commit().await.map_err(fault),
            Transaction::Pg(transaction) => transaction.commit().await.map_err(|error| match fault(error) {
                StoreError::Unavailable(what) => StoreError::Uncertain(what),
                error => error,
            }),
        }
    }
}
