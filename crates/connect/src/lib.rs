//! Everything outside. For now: files, folders, archives and standard input that bring bytes.
//!
//! Content decides what a file is, never its name. Every stream is bounded: archives may not expand without limit
//! (invariant 11), and what cannot be read is reported with its name and does not stop the rest.

mod capped;
mod files;

pub use files::{Input, Problem, visit};
