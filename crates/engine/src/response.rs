//! A scripted response to a scenario, as an incident that was worked on elsewhere: so it is carried over like any other, and
//! every word of it is decided on by the same rules.

use std::collections::BTreeMap;

use quell_content::scenario::{RenderOptions, Response, ResponseEntry, Scenario, ScenarioError, render};
use quell_incident::carried::{CarriedFact, CarriedIncident, CarriedPiece};
use quell_incident::timeline::TimelineFact;
use quell_incident::work::{Line, WorkFact};
use quell_incident::{Fact, IncidentFact, UnknownFact};
use quell_model::{Incident, UserId, hex};
use quell_normalize::RecordReader;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{Investigator, Knowledge};

/// What the program is called that such an incident comes from.
const PROGRAM: &str = "the demo of Quell";

/// Why a response cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum ResponseError {
    /// The scenario or its response is wrong.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// Nothing comes of the records.
    #[error("the records of {0} make no incident")]
    NoIncident(String),
    /// Records cannot be read.
    #[error("the records of {0} cannot be read: {1}")]
    Records(String, String),
    /// An entry is none.
    #[error("entry {0}: {1}")]
    Entry(u64, UnknownFact),
}

/// An incident that was worked on from the first look to the last lesson.
#[derive(Debug)]
pub struct Answered {
    /// The incident and the work.
    pub carried: CarriedIncident,
    /// What Quell tells about it.
    pub story: Incident,
    /// Bytes of evidence and reports that entries name by their hash.
    pub sealed: Vec<Vec<u8>>,
}

impl Knowledge {
    /// The incident of a scenario as its response worked on it; none if it has no response.
    ///
    /// # Errors
    /// Scenario or response are wrong, which tests rule out for our own.
    pub fn answered(&self, name: &str, options: &RenderOptions) -> Result<Option<Answered>, ResponseError> {
        let files = |path: &str| quell_content::file(path).map(str::to_owned);
        let Some(response) = Response::load(&files, name)? else { return Ok(None) };
        let story = self.story_of(&Scenario::load(&files, name)?, options)?;
        let (mut pieces, mut sealed) = (Vec::new(), Vec::new());
        for entry in response.entries(options.start) {
            pieces.push(piece(&response, entry, &mut sealed)?);
        }
        let people = response.people.iter();
        let people: BTreeMap<UserId, Line> =
            people.map(|(id, name)| (UserId::new(id.as_str()), Line::shortened(name))).collect();
        let carried = CarriedIncident {
            program: Line::shortened(PROGRAM),
            id: Line::shortened(&story.id),
            title: Line::shortened(&story.title),
            severity: story.severity,
            opened_at: response.opened_at(options.start),
            first_seen: story.first_seen,
            last_seen: story.last_seen,
            techniques: story.techniques.clone(),
            hosts: story.scope.hosts.clone(),
            principals: story.scope.principals.clone(),
            exercise: false,
            people,
            pieces,
            left_out: Vec::new(),
        };
        Ok(Some(Answered { carried, story, sealed }))
    }

    /// The gravest incident that the records of a scenario make.
    fn story_of(&self, scenario: &Scenario, options: &RenderOptions) -> Result<Incident, ResponseError> {
        let mut investigator = Investigator::new(self);
        for file in render(scenario, options)?.files {
            investigator.begin_input(&file.path);
            let broken = |error: std::io::Error| ResponseError::Records(file.path.clone(), error.to_string());
            let mut reader =
                RecordReader::new(file.bytes.as_slice(), &self.mappings().formats(2026)).map_err(broken)?;
            while let Some(item) = reader.next_item().map_err(broken)? {
                investigator.take(item);
            }
        }
        let story = investigator.finish().incidents.into_iter().next();
        story.ok_or_else(|| ResponseError::NoIncident(scenario.name().to_owned()))
    }
}

fn piece(
    response: &Response,
    mut entry: ResponseEntry,
    sealed: &mut Vec<Vec<u8>>,
) -> Result<CarriedPiece, ResponseError> {
    if let Some(content) = entry.content.take() {
        let bytes = content.into_bytes();
        let hash = hex::encode(&Sha256::digest(&bytes));
        if let Value::Object(body) = &mut entry.body {
            body.insert("sha256".to_owned(), json!(hash));
            if entry.kind == "evidence.sealed" {
                body.insert("size_bytes".to_owned(), json!(bytes.len()));
            }
        }
        sealed.push(bytes);
    }
    let name = response.people.get(&entry.by).map_or(entry.by.as_str(), String::as_str);
    let what = fact(&entry).map_err(|unknown| ResponseError::Entry(entry.number, unknown))?;
    Ok(CarriedPiece { number: entry.number, at: entry.at, by: Line::shortened(name), what })
}

fn fact(entry: &ResponseEntry) -> Result<CarriedFact, UnknownFact> {
    if entry.kind.starts_with("timeline.") {
        return TimelineFact::read(&entry.kind, &entry.body).map(CarriedFact::Timeline);
    }
    match IncidentFact::read(&entry.kind, &entry.body) {
        Ok(IncidentFact::StatusChanged { status, reason }) => Ok(CarriedFact::Status(status, reason)),
        _ => WorkFact::read(&entry.kind, &entry.body).map(CarriedFact::Work),
    }
}
