//! A public intrusion, where it is at hand: skipped visibly where it is not.

use std::path::{Path, PathBuf};

/// The folder of public corpora, if it is there; says so if it is not.
fn data() -> Option<PathBuf> {
    let named = std::env::var_os("QUELL_DATA").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"));
    if folder.is_dir() {
        return Some(folder);
    }
    let mut out = std::io::stderr();
    let line = format!("skipped: {} is not there; set QUELL_DATA\n", folder.display());
    drop(std::io::Write::write_all(&mut out, line.as_bytes()));
    None
}

/// SigmaHQ loads whole: every document is in force or refused with a reason.
#[test]
fn sigmahq_loads_whole() {
    let Some(data) = data() else { return };
    let mut builder = quell_engine::KnowledgeBuilder::new().unwrap();
    let mut documents = 0;
    let mut folders = vec![data.join("sigma/rules")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yml") {
                documents += 1;
                builder.rules(&path.display().to_string(), &std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let knowledge = builder.build().unwrap();
    assert_eq!(knowledge.rule_count() + knowledge.refused().len(), documents);
    assert!(knowledge.refused().iter().all(|error| error.reason.contains("placeholder")), "{:?}", knowledge.refused());
}
