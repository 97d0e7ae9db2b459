//! The live pipeline: chunks out of the lake; alerts, incidents and source health out.
//!
//! Two threads of their own, apart from those that answer requests: [`detect`] normalises and matches, in order of arrival,
//! and commits what it found together with how far it is; [`story`] collects what was sighted and tells the incidents. Both
//! use the same engine as `quell investigate`, so the same records give the same incidents (invariant 4).

mod detect;
mod gauges;
mod notify;
mod reconcile;
mod story;
mod watch;

pub(crate) use detect::Detection;
pub(crate) use gauges::Gauges;
pub(crate) use notify::notify;
pub(crate) use story::story;
pub(crate) use watch::{has_forgotten, watch};
