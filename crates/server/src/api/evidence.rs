//! Evidence: sealed under its hash, with its custody in the ledger, and verified whenever it is read.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use quell_incident::Refusal;
use quell_incident::work::{
    AboutEvidence, EntityName, Evidence, EvidenceFact, ItemId, Line, Sha256Hex, Text, Volatility, Work, WorkFact,
};
use quell_model::ports::{SealedBytes, Vault};
use quell_model::{EntityKind, IncidentId, Right, Timestamp, hex};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::hand::Hand;
use super::incidents::incident_id;
use super::params::time;
use super::work::worked;
use crate::App;
use crate::http::{Access, ApiError, BodyLimit, Caller, Json, Params, Route, pour, stream_out};

/// Bytes that are read at once.
const PIECE_BYTES: usize = 1 << 16;

pub(super) fn routes() -> Vec<Route> {
    use Right::{IncidentsLead, IncidentsWrite};
    let (write, lead) = (Access::Needs(IncidentsWrite), Access::Needs(IncidentsLead));
    vec![
        Route::api(Method::POST, "/api/v1/incidents/{id}/evidence", write, || post(seal)).with_body(BodyLimit::Stream),
        Route::api(Method::POST, "/api/v1/incidents/{id}/evidence/verification", write, || post(verify_all)),
        Route::api(Method::POST, "/api/v1/incidents/{id}/evidence/{item}/content", write, || post(content)).with_file(),
        Route::api(Method::POST, "/api/v1/incidents/{id}/evidence/{item}/redaction", lead, || post(redact)),
    ]
}

/// What is known about evidence that is sealed.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EvidenceParams {
    /// Its name, usually that of a file.
    #[param(min_length = 1, max_length = 300)]
    name: String,
    /// What it is.
    #[param(min_length = 1, max_length = 20000)]
    description: String,
    /// How quickly its origin would have lost it, after RFC 3227.
    volatility: Volatility,
    /// Kind of the entity that it was taken from.
    entity_kind: Option<EntityKind>,
    /// Name of the entity that it was taken from.
    entity: Option<String>,
    /// When it was collected.
    #[param(format = DateTime)]
    collected_at: String,
    /// Who collected it.
    #[param(min_length = 1, max_length = 300)]
    collected_by: String,
    /// Where.
    place: Option<String>,
    /// With which tool, and its version.
    tool: Option<String>,
    /// How far the clock of its origin was ahead of UTC.
    clock_drift_seconds: Option<i64>,
    /// By what right.
    authority: Option<String>,
    /// What collecting it changed, and why that could not be avoided.
    changes: Option<String>,
}

impl EvidenceParams {
    fn about(self) -> Result<AboutEvidence, ApiError> {
        let line = |name: &str, text: String| {
            Line::try_from(text).map_err(|error| ApiError::Unprocessable(format!("{name}: {error}")))
        };
        let text = |name: &str, text: String| {
            Text::try_from(text).map_err(|error| ApiError::Unprocessable(format!("{name}: {error}")))
        };
        let entity = match (self.entity_kind, self.entity) {
            (Some(kind), Some(name)) => Some(EntityName { kind, name: line("entity", name)? }),
            (None, None) => None,
            _ => return Err(ApiError::Unprocessable("entity and entity_kind go together".to_owned())),
        };
        Ok(AboutEvidence {
            name: line("name", self.name)?,
            description: text("description", self.description)?,
            volatility: self.volatility,
            entity,
            collected_at: collected(&self.collected_at)?,
            collected_by: line("collected_by", self.collected_by)?,
            place: self.place.map(|place| line("place", place)).transpose()?,
            tool: self.tool.map(|tool| line("tool", tool)).transpose()?,
            clock_drift_seconds: self.clock_drift_seconds,
            authority: self.authority.map(|authority| line("authority", authority)).transpose()?,
            changes: self.changes.map(|changes| text("changes", changes)).transpose()?,
        })
    }
}

fn collected(text: &String) -> Result<Timestamp, ApiError> {
    time(Some(text), "collected_at")?.ok_or_else(|| ApiError::BadRequest("collected_at is missing".to_owned()))
}

/// Evidence that was sealed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Sealed {
    /// Its id.
    id: u64,
    /// SHA-256 of its bytes.
    sha256: String,
    /// How large it is.
    size_bytes: u64,
}

/// Seals evidence: the body is kept under its SHA-256, and its custody begins.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/evidence", tag = "evidence",
    params(("id" = String, Path), EvidenceParams),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, body = Sealed)))]
pub(crate) async fn seal(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Params(params): Params<EvidenceParams>,
    body: Body,
) -> Result<Json<Sealed>, ApiError> {
    let about = params.about()?;
    let worked = worked(&app, &caller, &incident, None).await?;
    if let Some(into) = worked.incident.merged_into {
        return Err(Refusal::Merged(into).into());
    }
    let vault = std::sync::Arc::clone(&app.vault);
    let sealed: SealedBytes = pour(body, move |pieces| {
        let mut sealing = vault.begin()?;
        for piece in pieces {
            sealing.write(&piece?)?;
        }
        sealing.finish()
    })
    .await?;
    let SealedBytes { sha256, size_bytes } = sealed;
    let hash = Sha256Hex::try_from(sha256.clone()).map_err(|error| ApiError::Internal(error.to_owned()))?;
    // Durable before it is told of: an entry never names bytes that are not there. The same bytes may have been redacted as
    // other evidence since they arrived.
    let _held = app.vault_order.lock().await;
    let (vault, name) = (std::sync::Arc::clone(&app.vault), sha256.clone());
    let there = tokio::task::spawn_blocking(move || vault.read(&name).is_ok()).await;
    if !there.map_err(|error| ApiError::Internal(error.to_string()))? {
        return Err(ApiError::Unavailable("the bytes were removed while they were sealed; send them again".to_owned()));
    }
    let fact = EvidenceFact::Sealed { sha256: hash, size_bytes, about };
    let entries = Hand::of(&app, &caller).work(&incident_id(&incident)?, None, vec![fact.into()]).await?;
    let id = entries.last().map_or(0, |entry| entry.seq);
    Ok(Json(Sealed { id, sha256, size_bytes }))
}

/// Whether evidence is what was sealed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Checked {
    /// Its id.
    id: u64,
    /// Whether it is.
    intact: bool,
    /// What was found.
    found: String,
}

/// Reads every piece of evidence and compares it with its hash; what is found goes into its custody. Redacted and released
/// pieces are left out: their bytes are not here.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/evidence/verification", tag = "evidence",
    params(("id" = String, Path)), responses((status = 200, body = Vec<Checked>)))]
pub(crate) async fn verify_all(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
) -> Result<Json<Vec<Checked>>, ApiError> {
    let worked = worked(&app, &caller, &incident, None).await?;
    verify(&app, &caller, &incident_id(&incident)?, &worked.work).await.map(Json)
}

/// Compares every piece that is kept with its hash.
pub(super) async fn check(app: &App, work: &Work) -> Result<Vec<Checked>, ApiError> {
    let mut checked = Vec::new();
    for evidence in work.evidence.iter().filter(|evidence| evidence.is_kept()) {
        let found = compare(app, evidence).await?;
        checked.push(Checked { id: evidence.id.0, intact: found.is_ok(), found: outcome(found) });
    }
    Ok(checked)
}

/// Fails on a piece that is not what was sealed: nothing is signed off or given out on it.
pub(super) fn all_intact(checked: &[Checked]) -> Result<(), ApiError> {
    let damaged = checked.iter().find(|checked| !checked.intact);
    damaged.map_or(Ok(()), |damaged| Err(Refusal::Damaged(ItemId(damaged.id)).into()))
}

/// Compares every piece with its hash and records what was found.
pub(super) async fn verify(app: &App, caller: &Caller, id: &IncidentId, work: &Work) -> Result<Vec<Checked>, ApiError> {
    let checked = check(app, work).await?;
    let facts = checked.iter().map(|checked| verified(ItemId(checked.id), checked.intact, &checked.found));
    let facts: Vec<WorkFact> = facts.collect();
    for facts in facts.chunks(FACTS_AT_ONCE) {
        Hand::of(app, caller).work(id, None, facts.to_vec()).await?;
    }
    Ok(checked)
}

/// Verifications that are recorded together.
const FACTS_AT_ONCE: usize = 100;

fn verified(evidence: ItemId, intact: bool, found: &str) -> WorkFact {
    EvidenceFact::Verified { evidence, intact, found: Line::shortened(found) }.into()
}

fn outcome(found: Result<(), String>) -> String {
    found.err().unwrap_or_else(|| "the bytes are what was sealed".to_owned())
}

/// Whether the bytes of a piece are what was sealed, or what is wrong with them.
async fn compare(app: &App, evidence: &Evidence) -> Result<Result<(), String>, ApiError> {
    let (vault, sha256) = (std::sync::Arc::clone(&app.vault), evidence.sha256.as_str().to_owned());
    let found = tokio::task::spawn_blocking(move || hash_of(&*vault, &sha256));
    let found = found.await.map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(match found {
        Ok((hash, size)) if hash == evidence.sha256.as_str() && size == evidence.size_bytes => Ok(()),
        Ok((hash, _)) => Err(format!("the bytes have the SHA-256 {hash}")),
        Err(error) => Err(format!("the bytes cannot be read: {}", error.kind())),
    })
}

fn hash_of(vault: &dyn Vault, sha256: &str) -> std::io::Result<(String, u64)> {
    let mut bytes = vault.read(sha256)?;
    let (mut hash, mut size, mut piece) = (Sha256::new(), 0, vec![0; PIECE_BYTES]);
    loop {
        match bytes.read(&mut piece)? {
            0 => return Ok((hex::encode(&hash.finalize()), size)),
            count => {
                hash.update(&piece[..count]);
                size += count as u64;
            }
        }
    }
}

/// What evidence is read for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = ReadingPurpose)]
#[serde(deny_unknown_fields)]
pub(crate) struct Purpose {
    /// What for; it goes into the custody.
    purpose: Text,
}

/// The bytes of a piece of evidence. That they were read goes into its custody; bytes that are not what was sealed are not
/// given out.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/evidence/{item}/content", tag = "evidence",
    params(("id" = String, Path), ("item" = u64, Path)), request_body = Purpose,
    responses((status = 200, content((String = "application/octet-stream")))))]
pub(crate) async fn content(
    State(app): State<App>,
    caller: Caller,
    Path((incident, item)): Path<(String, String)>,
    Json(purpose): Json<Purpose>,
) -> Result<Response, ApiError> {
    let worked = worked(&app, &caller, &incident, None).await?;
    let evidence = piece(&worked.work, &item)?;
    if !evidence.is_kept() {
        return Err(ApiError::Unprocessable(
            "it was redacted or released; its bytes are not given out any more".to_owned(),
        ));
    }
    let (hand, id) = (Hand::of(&app, &caller), incident_id(&incident)?);
    if let Err(found) = compare(&app, evidence).await? {
        hand.work(&id, None, vec![verified(evidence.id, false, &found)]).await?;
        return Err(ApiError::Conflict(format!("evidence {} is not what was sealed: {found}", evidence.id)));
    }
    let accessed = EvidenceFact::Accessed { evidence: evidence.id, purpose: purpose.purpose };
    hand.work(&id, None, vec![accessed.into()]).await?;
    let (vault, sha256) = (std::sync::Arc::clone(&app.vault), evidence.sha256.as_str().to_owned());
    let body = stream_out(move |out| std::io::copy(&mut vault.read(&sha256)?, out).map(drop));
    let disposition = format!("attachment; filename=\"evidence-{}\"", evidence.id.0);
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(evidence.size_bytes));
    let disposition = HeaderValue::from_str(&disposition).map_err(|error| ApiError::Internal(error.to_string()))?;
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// Why bytes are removed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redaction {
    /// Why.
    reason: Text,
}

/// Removes the bytes of a piece of evidence for good. Its hash and its custody stay; what is under legal hold is refused.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/evidence/{item}/redaction", tag = "evidence",
    params(("id" = String, Path), ("item" = u64, Path)), request_body = Redaction,
    responses((status = 200, body = Checked)))]
pub(crate) async fn redact(
    State(app): State<App>,
    caller: Caller,
    Path((incident, item)): Path<(String, String)>,
    Json(redaction): Json<Redaction>,
) -> Result<Json<Checked>, ApiError> {
    let worked = worked(&app, &caller, &incident, None).await?;
    let evidence = piece(&worked.work, &item)?;
    // Asked again after the bytes could not be removed, they are removed now.
    if !evidence.redacted {
        let fact = EvidenceFact::Redacted { evidence: evidence.id, reason: redaction.reason };
        Hand::of(&app, &caller).work(&incident_id(&incident)?, None, vec![fact.into()]).await?;
    }
    // The same bytes can be evidence elsewhere: they go when nobody needs them, and nobody is just sealing them.
    let _held = app.vault_order.lock().await;
    if !app.store.is_sealed(evidence.sha256.as_str()).await? {
        let (vault, sha256) = (std::sync::Arc::clone(&app.vault), evidence.sha256.as_str().to_owned());
        let removed = tokio::task::spawn_blocking(move || vault.remove(&sha256));
        let removed = removed.await.map_err(|error| ApiError::Internal(error.to_string()))?;
        removed.map_err(|error| ApiError::Unavailable(format!("the bytes could not be removed: {error}")))?;
    }
    Ok(Json(Checked { id: evidence.id.0, intact: true, found: "the bytes were removed".to_owned() }))
}

fn piece<'w>(work: &'w Work, item: &str) -> Result<&'w Evidence, ApiError> {
    let id = item.parse().map(ItemId).map_err(|_| ApiError::NotFound("evidence"))?;
    work.evidence.get(id).ok_or(ApiError::NotFound("evidence"))
}
