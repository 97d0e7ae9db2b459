//! Packs as data: detection rules, source mappings, scenarios, and the work of incident response, embedded in the binary.
//!
//! This crate hands out texts and renders scenarios; what a rule or a mapping means is decided where it is compiled.
//! It must never read a file or a clock at run time.

pub mod handbook;
pub mod process;
pub mod scenario;

mod embedded {
    //! Written by `build.rs`.
    include!(concat!(env!("OUT_DIR"), "/files.rs"));
}

/// A file of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackFile {
    /// Path below `content/`, with forward slashes.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Sigma rules of our own pack, by path.
pub fn rules() -> impl Iterator<Item = PackFile> {
    below("rules/")
}

/// Source mappings, by path.
pub fn mappings() -> impl Iterator<Item = PackFile> {
    below("mappings/")
}

/// Playbooks of our own pack in their YAML form, by path.
pub fn playbooks() -> impl Iterator<Item = PackFile> {
    below("playbooks/")
}

/// The text of one embedded file, by its path below `content/`.
#[must_use]
pub fn file(path: &str) -> Option<&'static str> {
    embedded::FILES.iter().find(|(name, _)| *name == path).map(|(_, text)| *text)
}

fn below(prefix: &'static str) -> impl Iterator<Item = PackFile> {
    embedded::FILES
        .iter()
        .filter(move |(path, _)| path.starts_with(prefix))
        .map(|&(path, text)| PackFile { path, text })
}

/// Names of the scenarios, by name.
pub fn scenario_names() -> impl Iterator<Item = &'static str> {
    embedded::FILES.iter().filter_map(|(path, _)| path.strip_prefix("scenarios/")?.strip_suffix("/scenario.yaml"))
}
