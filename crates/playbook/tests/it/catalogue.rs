//! The playbooks of the catalogue, and official examples where somebody has them.

use std::path::{Path, PathBuf};

use quell_playbook::validate::{Grade, check};
use quell_playbook::{Document, author};

use crate::mutants::survives;

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == ending));
    files.sort();
    files
}

#[test]
fn the_catalogue_has_no_error_and_loses_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/playbooks");
    let (mut errors, mut warnings, mut playbooks) = (Vec::new(), 0, 0);
    for file in files(&folder, "yaml") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let document = author::from_yaml(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        survives(&document);
        for finding in check(&document) {
            let line = format!("{name}{}: {} ({})", finding.at, finding.message, finding.rule);
            if finding.grade == Grade::Error {
                errors.push(line);
            } else {
                println!("warning: {line}");
                warnings += 1;
            }
        }
        playbooks += 1;
    }
    println!("catalogue: {playbooks} playbooks, {} errors, {warnings} warnings", errors.len());
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert!(playbooks > 0, "no playbook in {}", folder.display());
}

#[test]
fn official_examples_lose_nothing() {
    let Some(folder) = std::env::var_os("QUELL_CACAO_EXAMPLES") else {
        println!("skipped: QUELL_CACAO_EXAMPLES names no folder with official examples");
        return;
    };
    for file in files(Path::new(&folder), "json") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let document = match Document::from_json(&std::fs::read_to_string(&file).unwrap()) {
            Ok(document) => document,
            Err(error) => {
                println!("{name}: {error}");
                continue;
            }
        };
        survives(&document);
        let findings = check(&document);
        println!("{name}: {} findings", findings.len());
        for finding in findings {
            println!("  {:?} {}: {} ({})", finding.grade, finding.at, finding.message, finding.rule);
        }
    }
}
