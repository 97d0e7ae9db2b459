//! Notes on which several people write at once. Only what is saved is in the ledger.

use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::routing::{delete, post, put};
use quell_incident::work::{ItemId, NoteFact, Text, WorkFact};
use quell_model::Right;
use quell_store::Worked;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::hand::{Hand, OVERTAKEN, TRIES};
use super::incidents::incident_id;
use super::params::short;
use super::work::{Recorded, worked};
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};
use crate::hub::Change;
use crate::pads::{Draft, PadError, Place, Sent, TextChange, Version};

const ID_CHARS_MAX: usize = 40;
/// Changes that are sent at once.
const CHANGES_MAX: usize = 1_000;

pub(super) fn routes() -> Vec<Route> {
    let write = Access::Session(Right::IncidentsWrite);
    let pad = "/api/v1/incidents/{id}/notes/{note}/pad";
    vec![
        Route::api(Method::PUT, pad, write, || put(exchange)),
        Route::api(Method::DELETE, pad, write, || delete(throw_away)),
        Route::api(Method::POST, "/api/v1/incidents/{id}/notes/{note}/pad/save", write, || post(save)),
    ]
}

/// Changes of somebody who writes on a note.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PadChanges {
    /// The pad that they are on; left out at first.
    #[schema(max_length = 40)]
    pad: Option<String>,
    /// Which of their windows; any text of their own.
    #[schema(max_length = 40)]
    client: String,
    /// How many changes they have taken in.
    #[schema(maximum = 9007199254740991u64)]
    version: usize,
    /// Changes on top of those. Each is a list of sections from the beginning of the text to its end, in UTF-16 units: a number is so
    /// much that is kept; a list begins with how much is replaced, and goes on with the lines that take its place.
    #[schema(value_type = Vec<Vec<serde_json::Value>>, max_items = 1000)]
    changes: Vec<TextChange>,
}

/// A pad, as far as they do not know it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PadView {
    /// The pad.
    pad: String,
    /// Entry of the version of the note that it builds on.
    on: u64,
    /// How many changes were taken up.
    version: usize,
    /// The whole text, for those who were on no pad or on another one.
    text: Option<String>,
    /// Changes after those that they had, their own among them.
    changes: Vec<PadChangeView>,
    /// Who else writes.
    others: Vec<PadWriterView>,
}

/// Somebody who writes on a note.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PadWriterView {
    /// User id.
    user: String,
    /// Name.
    display_name: String,
}

/// A change that was taken up.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PadChangeView {
    /// Window that it came from.
    client: String,
    /// The change.
    #[schema(value_type = Vec<serde_json::Value>)]
    change: TextChange,
}

/// Takes up changes of a note that is being written, and answers with those of others. If others were faster, nothing is taken up:
/// put your changes on top of theirs, and send again. Nothing is written down before it is saved.
#[utoipa::path(put, path = "/api/v1/incidents/{id}/notes/{note}/pad", tag = "work",
    params(("id" = String, Path), ("note" = u64, Path)), request_body = PadChanges,
    responses((status = 200, body = PadView)))]
pub(crate) async fn exchange(
    State(app): State<App>,
    caller: Caller,
    Path((incident, note)): Path<(String, String)>,
    Json(sent): Json<PadChanges>,
) -> Result<Json<PadView>, ApiError> {
    short([("pad", sent.pad.as_ref(), ID_CHARS_MAX), ("client", Some(&sent.client), ID_CHARS_MAX)])?;
    if sent.changes.len() > CHANGES_MAX {
        return Err(ApiError::BadRequest(format!("send at most {CHANGES_MAX} changes at once")));
    }
    let (id, note) = (incident_id(&incident)?, note_id(&note)?);
    let place = Place { incident: id.clone(), note };
    app.store.incident(&caller.viewer(), &id).await?.ok_or(ApiError::NotFound("incident"))?;
    let sent = Sent { pad: sent.pad, client: sent.client, version: sent.version, changes: sent.changes };
    let now = app.clock.now();
    // Whoever is on the pad writes often: the incident is read for the first only.
    if sent.pad.is_none() || !app.pads.has(&place) {
        let latest = latest(&worked(&app, &caller, &incident, None).await?, note)?;
        app.pads.open(&place, &latest, now, format!("pad-{}", app.hex::<8>()))?;
    }
    let got = app.pads.exchange(&place, (&caller.user, sent), now)?.ok_or(ApiError::NotFound("note"))?;
    if got.is_taken {
        app.hub.publish(Change::Pad(id, note));
    }
    let mut others = Vec::new();
    for user in got.others {
        let Some(known) = app.store.user(&user).await? else { continue };
        others.push(PadWriterView { user: user.to_string(), display_name: known.account.display_name });
    }
    let changes = got.changes.into_iter().map(|made| PadChangeView { client: made.client, change: made.change });
    Ok(Json(PadView {
        pad: got.pad,
        on: got.on,
        version: got.version,
        text: got.text,
        changes: changes.collect(),
        others,
    }))
}

/// Saving what was written on a note.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PadSave {
    /// Entry of the latest version of the note that they know of. If another was written since, and not from the pad, it is refused.
    #[schema(maximum = 9007199254740991u64)]
    over: u64,
}

/// Saves a note as all who write on it have it now: a version by the caller, with those who wrote. The pad stays.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/notes/{note}/pad/save", tag = "work",
    params(("id" = String, Path), ("note" = u64, Path)), request_body = PadSave,
    responses((status = 200, body = Recorded)))]
pub(crate) async fn save(
    State(app): State<App>,
    caller: Caller,
    Path((incident, note)): Path<(String, String)>,
    Json(asked): Json<PadSave>,
) -> Result<Json<Recorded>, ApiError> {
    let (id, note) = (incident_id(&incident)?, note_id(&note)?);
    for _ in 0..TRIES {
        let worked = worked(&app, &caller, &incident, None).await?;
        let latest = latest(&worked, note)?;
        let draft = app.pads.draft(note).ok_or(ApiError::NotFound("pad"))?;
        if latest.text == draft.text {
            app.pads.saved(note, &draft, latest.entry);
            return Ok(Json(Recorded::of(&[])));
        }
        if latest.entry != draft.on && latest.entry != asked.over {
            return Err(ApiError::Conflict(OVERTAKEN.to_owned()));
        }
        let fact = fact(note, &draft, &caller)?;
        match Hand::of(&app, &caller).work(&id, Some(worked.version), vec![fact]).await {
            Err(ApiError::Conflict(_)) => {}
            Err(error) => return Err(error),
            Ok(entries) => {
                if let Some(entry) = entries.last() {
                    app.pads.saved(note, &draft, entry.seq);
                }
                app.hub.publish(Change::Pad(id, note));
                return Ok(Json(Recorded::of(&entries)));
            }
        }
    }
    Err(ApiError::Conflict(OVERTAKEN.to_owned()))
}

/// Throws away what was written on a note and not saved, unless others write on it.
#[utoipa::path(delete, path = "/api/v1/incidents/{id}/notes/{note}/pad", tag = "work",
    params(("id" = String, Path), ("note" = u64, Path)), responses((status = 204)))]
pub(crate) async fn throw_away(
    State(app): State<App>,
    caller: Caller,
    Path((incident, note)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let note = note_id(&note)?;
    let worked = worked(&app, &caller, &incident, None).await?;
    latest(&worked, note)?;
    app.pads.drop(note, &caller.user, app.clock.now())?;
    Ok(StatusCode::NO_CONTENT)
}

fn note_id(note: &str) -> Result<ItemId, ApiError> {
    note.parse().map(ItemId).map_err(|_| ApiError::NotFound("note"))
}

fn latest(worked: &Worked, note: ItemId) -> Result<Version, ApiError> {
    let note = worked.work.notes.iter().find(|known| known.id == note);
    let version = note.and_then(|note| note.versions.last()).ok_or(ApiError::NotFound("note"))?;
    Ok(Version { entry: version.stamp.entry, text: version.text.as_str().to_owned() })
}

fn fact(note: ItemId, draft: &Draft, caller: &Caller) -> Result<WorkFact, ApiError> {
    let text = Text::try_from(draft.text.clone()).map_err(|error| ApiError::Unprocessable(error.to_string()))?;
    let with = draft.writers.iter().filter(|user| **user != caller.user).cloned().collect();
    Ok(NoteFact::Changed { note, text, with }.into())
}

impl From<PadError> for ApiError {
    fn from(error: PadError) -> ApiError {
        match error {
            PadError::Unfit(_) | PadError::TooLong => ApiError::Unprocessable(error.to_string()),
            PadError::TooMany => ApiError::Unavailable(error.to_string()),
            PadError::Worn | PadError::Shared => ApiError::Conflict(error.to_string()),
        }
    }
}
