//! Pages: the same parameters and the same shape for every list.

use quell_store::{Page, PageQuery, Sort};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ApiError;

const LIMIT_DEFAULT: u32 = 50;
const LIMIT_MAX: u32 = 500;
/// Longest cursor that can be one of ours.
const CURSOR_BYTES_MAX: usize = 512;

/// Which page of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// How many items, at most 500; 50 if not given.
    #[param(minimum = 1, maximum = 500)]
    pub(crate) limit: Option<u32>,
    /// `next` of the page before.
    #[param(max_length = 512)]
    pub(crate) cursor: Option<String>,
}

impl PageParams {
    /// As the store wants it.
    ///
    /// # Errors
    /// The limit is out of range or the cursor cannot be one of ours.
    pub(crate) fn query(&self, sort: Sort) -> Result<PageQuery, ApiError> {
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(ApiError::BadRequest(format!("limit is from 1 to {LIMIT_MAX}")));
        }
        if self.cursor.as_ref().is_some_and(|cursor| cursor.len() > CURSOR_BYTES_MAX) {
            return Err(ApiError::BadRequest("the cursor is not one of ours".to_owned()));
        }
        Ok(PageQuery { limit, cursor: self.cursor.clone(), sort })
    }
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Listing<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// Cursor of the next page; null at the end.
    pub(crate) next: Option<String>,
}

impl<T> Listing<T> {
    /// A page of the store, each item in its outward form.
    pub(crate) fn of<R>(page: Page<R>, outward: impl Fn(R) -> T) -> Listing<T> {
        Listing { items: page.items.into_iter().map(outward).collect(), next: page.next }
    }
}
