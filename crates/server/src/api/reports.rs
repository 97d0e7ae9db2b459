//! Reports that are given out: signed off on evidence that was just verified, kept under their hash, and recorded.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::post;
use quell_incident::work::{Line, ReviewFact, Sha256Hex, Tlp};
use quell_model::Right;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::evidence::verify;
use super::hand::Hand;
use super::incidents::incident_id;
use super::work::worked;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};

pub(super) fn routes() -> Vec<Route> {
    let lead = Access::Needs(Right::IncidentsLead);
    vec![Route::api(Method::POST, "/api/v1/incidents/{id}/reports", lead, || post(issue))]
}

/// A report to give out.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReport {
    /// For whom.
    audience: Line,
    /// Its form.
    form: IssuedForm,
    /// Its marking.
    tlp: Tlp,
}

/// Form of a report that is given out.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IssuedForm {
    /// Markdown.
    Markdown,
    /// One self-contained page without scripts.
    Html,
}

/// A report that was given out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Issued {
    /// Ledger entry that says so.
    entry: u64,
    /// SHA-256 of its bytes.
    sha256: String,
}

/// Signs a report off: all evidence is verified first, and nothing is signed off on evidence that is not what was sealed.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/reports", tag = "evidence", params(("id" = String, Path)),
    request_body = NewReport, responses((status = 200, body = Issued)))]
pub(crate) async fn issue(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Json(new): Json<NewReport>,
) -> Result<Json<Issued>, ApiError> {
    let id = incident_id(&incident)?;
    let before = worked(&app, &caller, &incident, None).await?;
    verify(&app, &caller, &id, &before.work).await?;
    let story = app.store.story(&caller.viewer(), &id, None).await?;
    let story = story.map(|story| serde_json::from_slice::<quell_model::Incident>(&story)).transpose();
    let story = story.map_err(|error| ApiError::Internal(format!("story of {id}: {error}")))?;
    let text = match (&story, new.form) {
        (None, _) => before.incident.told.title.clone(),
        (Some(story), IssuedForm::Markdown) => quell_report::incident_markdown(story),
        (Some(story), IssuedForm::Html) => quell_report::incident_html(story),
    };
    let sha256 = keep(&app, text.into_bytes()).await?;
    let form = match new.form {
        IssuedForm::Markdown => "markdown",
        IssuedForm::Html => "html",
    };
    let form = Line::try_from(form.to_owned()).map_err(|error| ApiError::Internal(error.to_string()))?;
    let hash = Sha256Hex::try_from(sha256.clone()).map_err(|error| ApiError::Internal(error.to_owned()))?;
    let fact = ReviewFact::Issued { audience: new.audience, form, sha256: hash, tlp: new.tlp };
    let entries = Hand::of(&app, &caller).work(&id, None, vec![fact.into()]).await?;
    Ok(Json(Issued { entry: entries.first().map_or(0, |entry| entry.seq), sha256 }))
}

/// Keeps what was given out, under its hash.
async fn keep(app: &App, bytes: Vec<u8>) -> Result<String, ApiError> {
    let vault = Arc::clone(&app.vault);
    let kept = tokio::task::spawn_blocking(move || {
        let mut sealing = vault.begin()?;
        sealing.write(&bytes)?;
        sealing.finish()
    });
    let kept = kept.await.map_err(|error| ApiError::Internal(error.to_string()))?;
    kept.map(|kept| kept.sha256)
        .map_err(|error| ApiError::Unavailable(format!("the report could not be kept: {error}")))
}
