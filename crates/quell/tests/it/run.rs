//! A folder for one test with the logs of a scenario, and the binary run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Deleted when dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// `name` is that of the test.
    pub(crate) fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("quell-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// With the logs of an intrusion in `logs`.
    pub(crate) fn with_intrusion(name: &str) -> Folder {
        let folder = Folder::new(name);
        let out = folder.path().to_str().unwrap();
        let made = quell(&["scenario", "render", "host-phishing-lateral", "--background", "2", "--out", out]);
        assert!(made.status.success(), "{}", stderr(&made));
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file and returns its path.
    pub(crate) fn with(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.file(name);
        fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// The binary, ready to start.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quell"));
    command.args(arguments).stdin(Stdio::null()).env_remove("COLUMNS").env_remove("NO_COLOR");
    command
}

/// Runs the binary to its end.
pub(crate) fn quell(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// Runs `quell investigate --json` with further arguments.
pub(crate) fn investigation(arguments: &[&str]) -> Value {
    let output = quell(&[&["investigate", "--json"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
