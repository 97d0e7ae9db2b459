//! What a step collected, sealed: the bytes go into the vault first, then custody begins in one entry each, all of them at once.
//! After a crash either all of it is there or none: it may be looked at once more, and nothing is sealed twice.

use std::sync::Arc;
use std::time::Duration;

use quell_incident::work::{AboutEvidence, EntityName, EvidenceFact, Line, Sha256Hex, Text, WorkFact};
use quell_model::action::{ActionError, Artefact, Collecting};
use quell_model::ports::SealedBytes;
use quell_playbook::run::{Call, Run};
use quell_store::{StoreError, Worked};
use serde_json::{Value, json};

use super::case::{current, entries, unavailable};
use crate::App;
use crate::hub::Change;

/// Tries if somebody else writes at the same moment.
const TRIES_MAX: usize = 200;
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);
/// Who collected it, as custody says.
const COLLECTED_BY: &str = "Quell";

/// Collects, and seals what was found; what was said, and the ids of the evidence.
///
/// # Errors
/// The target cannot be looked at, the incident takes no more work, or nothing can be written.
pub(super) async fn collect(
    app: &App,
    run: &Run,
    (action, call): (&dyn Collecting, &Call),
    place: &str,
) -> Result<Value, ActionError> {
    let (_, worked) = current(app, &run.incident).await?;
    let known = sealed(&worked, place);
    let collected = action.collect(&call.with).await?;
    let mut answer = collected.said;
    // Sealed before a crash: what is to be said of it is looked at once more, and nothing is sealed twice.
    if !known.is_empty() {
        answer["evidence"] = json!(known);
        return Ok(answer);
    }
    let mut facts = Vec::new();
    // Held until it is told of: the same bytes may be redacted as other evidence at this moment.
    let _held = app.vault_order.lock().await;
    for artefact in collected.artefacts {
        facts.push(WorkFact::Evidence(seal(app, artefact, place).await?));
    }
    if facts.is_empty() {
        return Ok(answer);
    }
    for _ in 0..TRIES_MAX {
        let (incident, worked) = current(app, &run.incident).await?;
        let entries = entries(app, &incident, worked, facts.clone())?;
        match app.store.append(app.clock.now(), entries).await {
            Ok(_) => {
                app.hub.publish(Change::Incident(incident.clone()));
                let (_, worked) = current(app, &incident).await?;
                answer["evidence"] = json!(sealed(&worked, place));
                return Ok(answer);
            }
            // A flood of alerts writes to the incident, too; what was collected cannot be collected again.
            Err(StoreError::Conflict { .. }) => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(unavailable(error)),
        }
    }
    Err(ActionError::Unavailable("others write at the same moment".to_owned()))
}

/// Ids of what was sealed for a place.
fn sealed(worked: &Worked, place: &str) -> Vec<u64> {
    let is_it = |about: &AboutEvidence| about.place.as_ref().is_some_and(|its| its.as_str() == place);
    worked.work.evidence.iter().filter(|evidence| is_it(&evidence.about)).map(|evidence| evidence.id.0).collect()
}

async fn seal(app: &App, artefact: Artefact, place: &str) -> Result<EvidenceFact, ActionError> {
    let (vault, bytes) = (Arc::clone(&app.vault), artefact.bytes);
    let sealed = tokio::task::spawn_blocking(move || -> std::io::Result<SealedBytes> {
        let mut sealing = vault.begin()?;
        sealing.write(&bytes)?;
        sealing.finish()
    });
    let failed = |error: String| ActionError::Unavailable(format!("the vault: {error}"));
    let SealedBytes { sha256, size_bytes } =
        sealed.await.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))?;
    let refused = |error: &str| ActionError::Refused(error.to_owned());
    let line = |text: &str| Line::shortened(text);
    let text = |text: String| Text::try_from(text).map_err(|error| ActionError::Refused(error.to_string()));
    let entity = artefact.entity.map(|(kind, name)| EntityName { kind, name: line(&name) });
    let about = AboutEvidence {
        name: line(&artefact.name),
        description: text(artefact.description)?,
        volatility: artefact.volatility,
        entity,
        collected_at: app.clock.now(),
        collected_by: line(COLLECTED_BY),
        place: Some(line(place)),
        tool: Some(line(&artefact.tool)),
        clock_drift_seconds: None,
        authority: None,
        changes: artefact.changes.map(text).transpose()?,
    };
    Ok(EvidenceFact::Sealed { sha256: Sha256Hex::try_from(sha256).map_err(refused)?, size_bytes, about })
}
