//! Cursors: where a page ended, as text that only the store understands. Pages go on from a key, never from a number of
//! rows, so that what comes in meanwhile neither repeats nor hides an item.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{PageQuery, Sort, StoreError};

const ITEMS_MAX: u32 = 1_000;

/// Numbers that say where an item stands, and its id.
pub(crate) struct Key {
    pub(crate) numbers: Vec<i64>,
    pub(crate) id: String,
}

fn mark(sort: Sort) -> &'static str {
    match sort {
        Sort::Newest => "n",
        Sort::Severity => "s",
    }
}

/// How many items the page has.
pub(crate) fn limit(page: &PageQuery) -> u32 {
    page.limit.clamp(1, ITEMS_MAX)
}

/// The cursor behind an item.
pub(crate) fn encode(list: &str, sort: Sort, key: &Key) -> String {
    let numbers: Vec<String> = key.numbers.iter().map(ToString::to_string).collect();
    URL_SAFE_NO_PAD.encode(format!("{list}|{}|{}|{}", mark(sort), numbers.join(","), key.id))
}

/// Where a page begins; none for the first.
pub(crate) fn decode(list: &str, page: &PageQuery, numbers: usize) -> Result<Option<Key>, StoreError> {
    let Some(cursor) = &page.cursor else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| StoreError::BadCursor)?;
    let text = String::from_utf8(bytes).map_err(|_| StoreError::BadCursor)?;
    let mut parts = text.splitn(4, '|');
    if parts.next() != Some(list) || parts.next() != Some(mark(page.sort)) {
        return Err(StoreError::BadCursor);
    }
    let found = parts.next().unwrap_or_default().split(',').map(str::parse).collect::<Result<Vec<i64>, _>>();
    let found = found.map_err(|_| StoreError::BadCursor)?;
    let id = parts.next().ok_or(StoreError::BadCursor)?.to_owned();
    if found.len() != numbers {
        return Err(StoreError::BadCursor);
    }
    Ok(Some(Key { numbers: found, id }))
}
