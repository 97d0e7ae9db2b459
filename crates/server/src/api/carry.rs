//! Incidents from elsewhere: exports of other programs, and bundles of another Quell.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use quell_incident::carried::{Acceptance, CARRIED, CarriedIncident, SealedThere};
use quell_incident::{Fact, Incident, IncidentFact, Origin, Told};
use quell_model::{Expected, IncidentId, NewLedgerEntry, Right, UserId, hex};
use quell_store::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::hand::Hand;
use super::incidents::{IncidentDetail, stream_of};
use super::opening::{Opened, open};
use crate::App;
use crate::http::{Access, ApiError, BodyLimit, Caller, Json, Params, Route, SaysJson, pour};
use crate::hub::Change;

/// Largest export of another program.
const EXPORT_BYTES_MAX: usize = 32 << 20;
/// Lines of what was left out that the ledger keeps.
const LEFT_OUT_KEPT: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    let lead = Access::Needs(Right::IncidentsLead);
    vec![
        Route::api(Method::POST, "/api/v1/incidents/import", lead, || post(import)).with_body(BodyLimit::Stream),
        Route::api(Method::POST, "/api/v1/incidents/open", lead, || post(open_bundle)).with_body(BodyLimit::Stream),
    ]
}

/// A program whose exports are read.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProgramName {
    /// A case of TheHive 4 or 5, JSON.
    Thehive,
    /// A case of DFIR-IRIS, JSON.
    Iris,
}

/// Where an export comes from.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportParams {
    /// Which program wrote it.
    #[param(inline)]
    program: ProgramName,
}

/// An incident that was carried over.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CarriedView {
    /// As it stands here.
    incident: IncidentDetail,
    /// Its id there.
    id_there: String,
    /// Pieces of work that were carried over.
    pieces: u64,
    /// What was not, and why.
    left_out: Vec<String>,
}

/// Carries a case of another program over, with the times and names that it had there.
#[utoipa::path(post, path = "/api/v1/incidents/import", tag = "incidents", params(ImportParams),
    request_body(content = Object, content_type = "application/json"), responses((status = 201, body = CarriedView)))]
pub(crate) async fn import(
    State(app): State<App>,
    caller: Caller,
    _: SaysJson,
    Params(params): Params<ImportParams>,
    body: Body,
) -> Result<Response, ApiError> {
    let export = pour(body, |pieces| {
        let mut bytes = Vec::new();
        for piece in pieces {
            bytes.extend_from_slice(&piece?);
            if bytes.len() > EXPORT_BYTES_MAX {
                let text = format!("an export has at most {EXPORT_BYTES_MAX} bytes");
                return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, text));
            }
        }
        Ok(serde_json::from_slice::<Value>(&bytes))
    });
    let export = export.await?.map_err(|error| ApiError::Unprocessable(format!("the export is no JSON: {error}")))?;
    let read = tokio::task::spawn_blocking(move || match params.program {
        ProgramName::Thehive => quell_report::from_thehive(&export),
        ProgramName::Iris => quell_report::from_iris(&export),
    });
    let carried = read.await.map_err(|error| ApiError::Internal(error.to_string()))?;
    let carried = carried.map_err(|error| ApiError::Unprocessable(error.to_string()))?;
    let prepared = prepare(&app, Opened { carried, story: None, restricted: false }).await?;
    let written = write(&app, (&caller.actor(), None), prepared).await;
    answer(&app, &caller, written).await
}

/// Whose bundle it is.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OpenParams {
    /// Id of the key that must have signed it, as the other organisation told it in another way: the first 16 hex digits of
    /// the SHA-256 of the public key.
    #[param(min_length = 16, max_length = 16, pattern = "^[0-9a-f]{16}$")]
    key: String,
}

/// Opens a bundle of another Quell: everything in it is checked against its list of hashes, and that against the signature.
#[utoipa::path(post, path = "/api/v1/incidents/open", tag = "evidence", params(OpenParams),
    request_body(content = String, content_type = "application/octet-stream"), responses((status = 201, body = CarriedView)))]
pub(crate) async fn open_bundle(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<OpenParams>,
    body: Body,
) -> Result<Response, ApiError> {
    let (bundle, opened) = open(&app, body, &params.key).await?;
    // Who opens what was restricted there decides who else sees it here.
    let members = opened.restricted.then(|| [caller.user.clone()].into());
    let prepared = prepare(&app, opened).await?;
    // A task of its own: whoever hangs up does not leave bytes behind that no entry names.
    let (own, actor) = (app.clone(), caller.actor());
    let written = tokio::spawn(async move {
        let _held = own.vault_order.lock().await;
        let sealed = prepared.acceptance.sealed();
        let taken = bundle.take_in(&own, sealed.clone()).await;
        let written = match taken {
            Ok(()) => write(&own, (&actor, members), prepared).await,
            Err(error) => Err(error),
        };
        if written.is_err() {
            forget(&own, &sealed).await;
        }
        written
    });
    let written = written.await.map_err(|error| ApiError::Internal(error.to_string()))?;
    answer(&app, &caller, written).await
}

/// Removes what was taken into the vault, but not what entries name.
async fn forget(app: &App, sealed: &[SealedThere]) {
    for one in sealed {
        if matches!(app.store.is_sealed(&one.sha256).await, Ok(false)) {
            let (vault, sha256) = (Arc::clone(&app.vault), one.sha256.clone());
            drop(tokio::task::spawn_blocking(move || vault.remove(&sha256)).await);
        }
    }
}

async fn answer(app: &App, caller: &Caller, written: Result<Written, ApiError>) -> Result<Response, ApiError> {
    let written = written?;
    let view = CarriedView {
        incident: Hand::of(app, caller).detail(&written.id).await?,
        id_there: written.id_there,
        pieces: written.pieces,
        left_out: written.left_out,
    };
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

/// An incident from elsewhere that was decided on.
pub(crate) struct Prepared {
    id: IncidentId,
    carried: CarriedIncident,
    acceptance: Acceptance,
    told: Told,
    story: Option<Vec<u8>>,
}

/// An incident from elsewhere that is one of here now.
pub(crate) struct Written {
    pub(crate) id: IncidentId,
    id_there: String,
    pieces: u64,
    left_out: Vec<String>,
}

/// Decides on everything in an incident from elsewhere.
///
/// # Errors
/// It begins as none.
pub(crate) async fn prepare(app: &App, opened: Opened) -> Result<Prepared, ApiError> {
    let handbook = Arc::clone(&app.handbook);
    let decided = tokio::task::spawn_blocking(move || {
        let Opened { carried, story, .. } = opened;
        let id = id_here(&carried);
        let story = story.map(|story| with_id(story, &id));
        let hash = story.as_ref().map(|story| hex::encode(&Sha256::digest(story))).unwrap_or_default();
        let first = reported(&carried, told(&carried, hash), &carried.left_out);
        let incident = Incident::begin(first)?;
        let acceptance = carried.decide(&incident, &handbook);
        Some(Prepared { id, carried, acceptance, told: incident.told, story })
    });
    let decided = decided.await.map_err(|error| ApiError::Internal(error.to_string()))?;
    decided.ok_or_else(|| ApiError::Internal("a report that begins nothing".to_owned()))
}

/// Writes an incident from elsewhere as one of here, all of it or nothing; only for these members, if there are any.
///
/// # Errors
/// It was carried over before, or the store cannot take it.
pub(crate) async fn write(
    app: &App,
    (actor, members): (&str, Option<BTreeSet<UserId>>),
    prepared: Prepared,
) -> Result<Written, ApiError> {
    let Prepared { id, carried, acceptance, told, story } = prepared;
    let hash = told.story.clone();
    let reported = reported(&carried, told, &acceptance.left_out);
    let members = members.map(|members| IncidentFact::Restricted { members });
    let head: Vec<(String, Value)> = [Some(reported), members].into_iter().flatten().map(|fact| fact.parts()).collect();
    let entry = |stream: String, expected: Expected, (kind, body): (String, Value)| NewLedgerEntry {
        stream,
        expected,
        actor: actor.to_owned(),
        kind,
        body,
    };
    let make = |first: u64| {
        let own = (0..).zip(head).map(|(version, parts)| entry(stream_of(&id), Expected::Version(version), parts));
        let mut entries: Vec<NewLedgerEntry> = own.collect();
        let bodies = acceptance.bodies(first + entries.len() as u64, &carried.program);
        entries.extend(acceptance.accepted.iter().zip(bodies).map(|(piece, body)| {
            let stream = if piece.on_timeline { format!("timeline/{id}") } else { stream_of(&id) };
            entry(stream, Expected::Any, (CARRIED.to_owned(), body))
        }));
        entries
    };
    let stories = story.map(|story| (hash, story)).into_iter().collect();
    match app.store.append_numbered(app.clock.now(), make, stories).await {
        Err(StoreError::Conflict { .. }) => {
            return Err(ApiError::Conflict("this incident was carried over before".to_owned()));
        }
        other => other?,
    };
    app.hub.publish(Change::Incident(id.clone()));
    let (id_there, pieces) = (carried.id.to_string(), acceptance.accepted.len() as u64);
    Ok(Written { id, id_there, pieces, left_out: acceptance.left_out })
}

/// The same incident always has the same id here, so that it is not carried over twice.
fn id_here(carried: &CarriedIncident) -> IncidentId {
    let mut hash = Sha256::new();
    for part in ["quell carried", carried.program.as_str(), carried.id.as_str()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    IncidentId::new(format!("inc-{}", &hex::encode(&hash.finalize())[..12]))
}

/// A story under the id of here.
fn with_id(story: Vec<u8>, id: &IncidentId) -> Vec<u8> {
    let Ok(Value::Object(mut object)) = serde_json::from_slice(&story) else { return story };
    object.insert("id".to_owned(), Value::String(id.to_string()));
    serde_json::to_vec(&object).unwrap_or(story)
}

/// Alerts and sources of there are none of here.
fn told(carried: &CarriedIncident, story: String) -> Told {
    Told {
        title: carried.title.to_string(),
        severity: carried.severity,
        first_seen: carried.first_seen,
        last_seen: carried.last_seen,
        techniques: carried.techniques.clone(),
        hosts: carried.hosts.clone(),
        principals: carried.principals.clone(),
        groups: Vec::new(),
        alerts: 0,
        sources: Vec::new(),
        story,
    }
}

fn reported(carried: &CarriedIncident, told: Told, left_out: &[String]) -> IncidentFact {
    let mut reason = format!("carried over from {}, where it is {}", carried.program, carried.id);
    if !left_out.is_empty() {
        reason.push_str(&format!("; {} left out:", left_out.len()));
    }
    for line in left_out.iter().take(LEFT_OUT_KEPT) {
        reason.push_str("\n- ");
        reason.extend(line.chars().take(300));
    }
    let (program, id, opened_at) = (carried.program.clone(), carried.id.clone(), carried.opened_at);
    IncidentFact::Reported {
        told,
        origin: Origin::Elsewhere { program, id, opened_at },
        exercise: carried.exercise,
        reason,
    }
}
