//! Rules and records for the measurement, out of the public corpora.

use std::path::{Path, PathBuf};

use anyhow::Result;
use quell_normalize::{Formats, Item, RawRecord, RecordReader};
use serde_json::{Map, Value};

/// Rule files below `folder`, sorted.
pub(crate) fn rules(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yml") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Attack-heavy Windows records as flat JSON, the form that both sides read without any mapping of paths.
pub(crate) fn flat_windows(data: &Path) -> Result<Vec<RawRecord>> {
    let inputs =
        ["windows/evtx-attack-samples", "sigma/regression", "windows/lateral-movement"].map(|name| data.join(name));
    let mut records = Vec::new();
    quell_connect::visit(&inputs, |input| {
        if input.name.ends_with(".json") && input.name.contains("regression") {
            return anyhow::Ok(());
        }
        let mut reader = RecordReader::new(input.reader, &Formats { tables: Vec::new(), year: 1970 })?;
        while let Ok(Some(item)) = reader.next_item() {
            let Item::Record(record) = item else { continue };
            let Ok(value) = serde_json::from_slice::<Value>(&record.bytes) else { continue };
            if let Some(flat) = flat(&value) {
                records.push(RawRecord { bytes: serde_json::to_vec(&flat)?, ..record });
            }
        }
        Ok(())
    })?;
    Ok(records)
}

fn flat(value: &Value) -> Option<Map<String, Value>> {
    let record = value.as_object()?;
    let Some(event) = record.get("Event") else {
        return record.contains_key("Channel").then(|| record.clone());
    };
    let system = event.get("System")?.as_object()?;
    let mut flat = Map::new();
    for (name, value) in system {
        match name.as_str() {
            "EventID" => drop(flat.insert("EventID".to_owned(), value.get("#text").unwrap_or(value).clone())),
            "Channel" | "Computer" | "EventRecordID" | "Level" | "Task" => {
                drop(flat.insert(name.clone(), value.clone()))
            }
            "Provider" => drop(flat.insert("Provider_Name".to_owned(), value["#attributes"]["Name"].clone())),
            "TimeCreated" => drop(flat.insert("TimeCreated".to_owned(), value["#attributes"]["SystemTime"].clone())),
            _ => {}
        }
    }
    let data = event.get("EventData").or_else(|| event.get("UserData")?.as_object()?.values().next());
    for (name, value) in data.and_then(Value::as_object).into_iter().flatten() {
        if !value.is_object() {
            flat.insert(name.clone(), value.clone());
        }
    }
    Some(flat)
}
