//! Lists in pages, and how many there are.

/// Order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Newest first.
    #[default]
    Newest,
    /// Most serious first, then newest.
    Severity,
}

/// Which page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageQuery {
    /// At most so many items; at least one is given.
    pub limit: u32,
    /// Where the page before ended, as it said itself.
    pub cursor: Option<String>,
    /// In which order; the same for all pages of a list.
    pub sort: Sort,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Its items, in order.
    pub items: Vec<T>,
    /// Cursor of the next page; none at the end.
    pub next: Option<String>,
}

/// How many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// All together.
    pub total: u64,
    /// There may be more: it was not counted further.
    pub at_least: bool,
    /// By status, those with at least one.
    pub by_status: Vec<(String, u64)>,
    /// By severity, the most serious first, those with at least one.
    pub by_severity: Vec<(String, u64)>,
}
