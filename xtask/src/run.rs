//! Running the engine on files, as the binary does.

use std::path::{Path, PathBuf};

use anyhow::Result;
use quell_engine::{Investigator, Knowledge, KnowledgeBuilder};
use quell_model::Investigation;
use quell_normalize::{Item, RecordReader};

/// Knowledge with our own rules, with those below `folder`, or both.
pub(crate) fn knowledge(own: bool, folder: Option<&Path>) -> Result<Knowledge> {
    let mut builder = KnowledgeBuilder::new()?;
    if own {
        builder.own_rules();
    }
    for file in folder.map(|folder| files(folder, "yml")).transpose()?.unwrap_or_default() {
        builder.rules(&file.display().to_string(), &std::fs::read_to_string(&file)?);
    }
    Ok(builder.build()?)
}

/// Files below `folder` whose name ends with `.extension`, sorted.
pub(crate) fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|known| known == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Calls `each` for every item in the inputs, with the number and name of its input.
pub(crate) fn items(paths: &[PathBuf], knowledge: &Knowledge, mut each: impl FnMut(u32, &str, Item)) -> Result<()> {
    let mut input_number = 0;
    quell_connect::visit(paths, |input| {
        let formats = knowledge.mappings().formats(input.year);
        let mut reader = RecordReader::new(input.reader, &formats)?;
        while let Ok(Some(item)) = reader.next_item() {
            each(input_number, &input.name, item);
        }
        input_number += 1;
        anyhow::Ok(())
    })?;
    Ok(())
}

/// The investigation of the inputs.
pub(crate) fn investigate(paths: &[PathBuf], knowledge: &Knowledge) -> Result<Investigation> {
    let mut investigator = Investigator::new(knowledge);
    let mut current = None;
    items(paths, knowledge, |number, name, item| {
        if current != Some(number) {
            investigator.begin_input(name);
            current = Some(number);
        }
        investigator.take(item);
    })?;
    Ok(investigator.finish())
}
