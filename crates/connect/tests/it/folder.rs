//! A folder for one test, and what a visit finds in it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::slice;

use quell_connect::{Input, visit};

/// Deleted when dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// `name` is that of the test.
    pub(crate) fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("quell-connect-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file and returns where it is.
    pub(crate) fn with(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Visits the folder. Each input as `name: text`, with `!! reason` where it breaks off; then each problem.
    pub(crate) fn found(&self) -> Vec<String> {
        found(slice::from_ref(&self.0), &self.0)
    }

    /// Compares what a visit finds with what it should; a line that ends in `…` is compared up to there.
    pub(crate) fn check(&self, expected: &[&str]) {
        check(&self.found(), expected);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

pub(crate) fn check(found: &[String], expected: &[&str]) {
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, wanted)| match wanted.strip_suffix('…') {
            Some(start) => found.starts_with(start),
            None => found == wanted,
        });
    assert!(same, "   found {found:#?}\nexpected {expected:#?}");
}

/// Visits `paths`; names are shown without `base`.
pub(crate) fn found(paths: &[PathBuf], base: &Path) -> Vec<String> {
    let base = format!("{}/", base.display());
    let mut found = Vec::new();
    let problems = visit(paths, |input: Input<'_>| {
        let mut bytes = Vec::new();
        let mut reader = input.reader;
        let end = match reader.read_to_end(&mut bytes) {
            Ok(_) => String::new(),
            Err(error) => format!("!! {error}"),
        };
        found.push(format!("{}: {}{end}", input.name.replace(&base, ""), String::from_utf8_lossy(&bytes)));
        Ok::<(), ()>(())
    });
    found.extend(problems.unwrap().iter().map(|problem| problem.to_string().replace(&base, "")));
    found
}
