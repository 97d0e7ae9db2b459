//! What lists of incidents and of alerts have in common: counts by status and severity, levels, lists of text.

use std::collections::BTreeMap;

use quell_model::Level;

use crate::sql::Row;
use crate::{Counts, StoreError};

const LEVELS: [Level; 5] = [Level::Informational, Level::Low, Level::Medium, Level::High, Level::Critical];

/// The level with this number.
pub(crate) fn level(number: i64) -> Result<Level, StoreError> {
    let level = usize::try_from(number).ok().and_then(|number| LEVELS.get(number).copied());
    level.ok_or_else(|| StoreError::Damaged(format!("{number} is no severity")))
}

/// A list of texts.
pub(crate) fn list(row: &Row, column: usize) -> Result<Vec<String>, StoreError> {
    let damaged = |error| StoreError::Damaged(format!("column {column} is no list of texts ({error})"));
    serde_json::from_str(row.text(column)?).map_err(damaged)
}

/// Counts from rows of status, severity and number. Statuses come in the order of `statuses`.
pub(crate) fn counts(rows: &[Row], statuses: &[&str]) -> Result<Counts, StoreError> {
    let mut by_status: BTreeMap<&str, u64> = BTreeMap::new();
    let mut by_severity: BTreeMap<Level, u64> = BTreeMap::new();
    let mut total = 0;
    for row in rows {
        let number = row.count(2)?;
        total += number;
        *by_status.entry(row.text(0)?).or_default() += number;
        *by_severity.entry(level(row.int(1)?)?).or_default() += number;
    }
    let by_status =
        statuses.iter().filter_map(|status| Some(((*status).to_owned(), *by_status.get(status)?))).collect();
    let by_severity = by_severity.iter().rev().map(|(level, number)| (level.as_str().to_owned(), *number)).collect();
    Ok(Counts { total, at_least: false, by_status, by_severity })
}
