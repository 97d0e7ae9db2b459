//! CSV tables that a mapping describes by its column names.

use std::sync::Arc;

use memchr::memchr_iter;

use super::FIELDS_MAX;

/// A CSV table as a mapping describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvTable {
    /// Source the mapping is for.
    pub source: Arc<str>,
    /// Separator between columns.
    pub delimiter: u8,
    /// Columns that the header line must have.
    pub columns: Vec<String>,
}

/// The header of a table in an input.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) source: Arc<str>,
    delimiter: u8,
    columns: Vec<String>,
}

impl CsvTable {
    /// The header, if `line` has all columns of this table.
    pub(super) fn header(&self, line: &str) -> Option<Header> {
        if !self.columns.iter().all(|wanted| line.contains(wanted.as_str())) {
            return None;
        }
        let columns = split(line, self.delimiter)?;
        let complete = !self.columns.is_empty() && self.columns.iter().all(|wanted| columns.contains(wanted));
        complete.then(|| Header { source: Arc::clone(&self.source), delimiter: self.delimiter, columns })
    }
}

impl Header {
    pub(super) fn decode(&self, line: &str) -> Option<Vec<(String, String)>> {
        let values = split(line, self.delimiter)?;
        (values.len() == self.columns.len()).then(|| self.columns.iter().cloned().zip(values).collect())
    }
}

fn split(line: &str, delimiter: u8) -> Option<Vec<String>> {
    if memchr_iter(delimiter, line.as_bytes()).count() >= FIELDS_MAX {
        return None;
    }
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).delimiter(delimiter).buffer_capacity(line.len().clamp(1, 8 << 10));
    let mut reader = builder.from_reader(line.as_bytes());
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(str::to_owned).collect())
}
