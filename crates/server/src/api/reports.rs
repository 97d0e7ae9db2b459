//! Reports for those who have to know: drawn up from the work as it stands, and given out once signed off on evidence that was
//! just verified.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use quell_incident::deadline::Deadline;
use quell_incident::work::{Line, ReviewFact, Sha256Hex, Tlp};
use quell_model::ports::SealedBytes;
use quell_model::{Incident, IncidentId, Right, Timestamp, hex};
use quell_report::{Audience, Document, Dossier, Moment, document_html, document_markdown, document_pdf};
use quell_store::{PageQuery, TimelineQuery, TimelineRow, Worked};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::evidence::{all_intact, verify};
use super::hand::Hand;
use super::incidents::incident_id;
use super::work::{deadlines, worked};
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Params, Route};

/// Items of the timeline that a report can show.
const MOMENTS_MAX: u32 = 1_000;

pub(super) fn routes() -> Vec<Route> {
    let (read, lead) = (Access::Needs(Right::IncidentsRead), Access::Needs(Right::IncidentsLead));
    vec![
        Route::api(Method::GET, "/api/v1/incidents/{id}/reports/draft", read, || get(draft)),
        Route::api(Method::POST, "/api/v1/incidents/{id}/reports", lead, || post(issue)),
        Route::api(Method::GET, "/api/v1/incidents/{id}/reports/{item}", read, || get(issued)),
    ]
}

/// For whom a report is.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AudienceName {
    /// Those who answer for the organisation.
    Executive,
    /// Lawyers.
    Legal,
    /// An authority.
    Regulator,
    /// The team and other technical staff.
    Technical,
    /// Customers and the public.
    Customers,
    /// Those who learn from it.
    PostMortem,
}

impl From<AudienceName> for Audience {
    fn from(name: AudienceName) -> Audience {
        match name {
            AudienceName::Executive => Audience::Executive,
            AudienceName::Legal => Audience::Legal,
            AudienceName::Regulator => Audience::Regulator,
            AudienceName::Technical => Audience::Technical,
            AudienceName::Customers => Audience::Customers,
            AudienceName::PostMortem => Audience::PostMortem,
        }
    }
}

/// Form of a report.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DocumentForm {
    /// Markdown.
    Markdown,
    /// One self-contained page without scripts.
    Html,
    /// PDF.
    Pdf,
}

impl DocumentForm {
    /// Content type, extension, name.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            DocumentForm::Markdown => ("text/markdown; charset=utf-8", "md", "markdown"),
            DocumentForm::Html => ("text/html; charset=utf-8", "html", "html"),
            DocumentForm::Pdf => ("application/pdf", "pdf", "pdf"),
        }
    }
}

/// Which report.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DraftParams {
    /// For whom.
    #[param(inline)]
    audience: AudienceName,
    /// Its form.
    #[param(inline)]
    form: DocumentForm,
    /// Its marking; `amber+strict` if not given.
    #[param(inline)]
    tlp: Option<Tlp>,
}

/// A report as it would be given out now. Nothing is recorded.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/reports/draft", tag = "evidence",
    params(("id" = String, Path), DraftParams), responses(
        (status = 200, content((String = "text/markdown"), (String = "text/html"), (String = "application/pdf")))))]
pub(crate) async fn draft(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Params(params): Params<DraftParams>,
) -> Result<Response, ApiError> {
    let gathered = Gathered::of(&app, &caller, &incident).await?;
    let tlp = params.tlp.unwrap_or(Tlp::AmberStrict);
    let bytes = render(gathered.dossier().report(params.audience.into(), tlp), params.form).await?;
    let (kind, extension, _) = params.form.names();
    let name = Audience::from(params.audience).as_str();
    let disposition = format!("attachment; filename=\"{}-{name}.{extension}\"", incident_id(&incident)?);
    let mut response = bytes.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = HeaderValue::from_str(&disposition).map_err(|error| ApiError::Internal(error.to_string()))?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// A report to give out.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReport {
    /// For whom.
    audience: AudienceName,
    /// Its form.
    form: DocumentForm,
    /// Its marking.
    tlp: Tlp,
}

/// A report that was given out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Issued {
    /// Ledger entry that says so.
    entry: u64,
    /// SHA-256 of its bytes.
    sha256: String,
    /// How large it is.
    size_bytes: u64,
}

/// Signs a report off. The ledger and all evidence are verified first: nothing is signed off on what is not what it was.
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
    ledger_holds(&app).await?;
    all_intact(&verify(&app, &caller, &id, &before.work).await?)?;
    let gathered = Gathered::of(&app, &caller, &incident).await?;
    let bytes = render(gathered.dossier().report(new.audience.into(), new.tlp), new.form).await?;
    let SealedBytes { sha256, size_bytes } = keep(&app, bytes).await?;
    let audience = Line::shortened(Audience::from(new.audience).as_str());
    let form = Line::shortened(new.form.names().2);
    let hash = Sha256Hex::try_from(sha256.clone()).map_err(|error| ApiError::Internal(error.to_owned()))?;
    let fact = ReviewFact::Issued { audience, form, sha256: hash, tlp: new.tlp };
    let entries = Hand::of(&app, &caller).work(&id, None, vec![fact.into()]).await?;
    Ok(Json(Issued { entry: entries.last().map_or(0, |entry| entry.seq), sha256, size_bytes }))
}

/// A report as it was given out.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/reports/{item}", tag = "evidence",
    params(("id" = String, Path), ("item" = u64, Path)), responses(
        (status = 200, content((String = "text/markdown"), (String = "text/html"), (String = "application/pdf")))))]
pub(crate) async fn issued(
    State(app): State<App>,
    caller: Caller,
    Path((incident, item)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let worked = worked(&app, &caller, &incident, None).await?;
    let entry: u64 = item.parse().map_err(|_| ApiError::NotFound("report"))?;
    let report = worked.work.review.reports.iter().find(|report| report.stamp.entry == entry);
    let report = report.ok_or(ApiError::NotFound("report"))?;
    let forms = [DocumentForm::Markdown, DocumentForm::Html, DocumentForm::Pdf];
    let form = forms.into_iter().find(|form| form.names().2 == report.form.as_str());
    let kind = form.map_or("application/octet-stream", |form| form.names().0);
    let (vault, sha256) = (Arc::clone(&app.vault), report.sha256.as_str().to_owned());
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        vault.read(&sha256)?.read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>((hex::encode(&Sha256::digest(&bytes)) == sha256, bytes))
    });
    let read = read.await.map_err(|error| ApiError::Internal(error.to_string()))?;
    match read {
        Ok((true, bytes)) => Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], bytes).into_response()),
        Ok((false, _)) => Err(ApiError::Conflict("the report is not what was given out".to_owned())),
        Err(error) => Err(ApiError::Unavailable(format!("the report cannot be read: {}", error.kind()))),
    }
}

/// The record that everything rests on has to be what was written.
pub(super) async fn ledger_holds(app: &App) -> Result<(), ApiError> {
    let Some(problem) = app.store.verify().await?.problems.into_iter().next() else { return Ok(()) };
    // Of which stream an entry is, is not everybody's to know.
    let entry = problem.seq.map_or_else(String::new, |seq| format!(", entry {seq}"));
    Err(ApiError::Conflict(format!(
        "the ledger is not what was written{entry}; verify it before anything is signed off"
    )))
}

/// Everything that reports and exports of an incident are made of.
pub(super) struct Gathered {
    id: IncidentId,
    worked: Worked,
    story: Option<Incident>,
    timeline: Vec<Moment>,
    deadlines: Vec<Deadline>,
    names: BTreeMap<String, String>,
    now: Timestamp,
}

impl Gathered {
    /// Reads it.
    ///
    /// # Errors
    /// The incident is not there for the caller, or the store cannot be read.
    pub(super) async fn of(app: &App, caller: &Caller, incident: &str) -> Result<Gathered, ApiError> {
        let worked = worked(app, caller, incident, None).await?;
        let id = incident_id(incident)?;
        let story = app.store.story(&caller.viewer(), &id, None).await?.filter(|story| !story.is_empty());
        let story = story.map(|story| serde_json::from_slice(&story)).transpose();
        let story = story.map_err(|error| ApiError::Internal(format!("story of {id}: {error}")))?;
        let page = PageQuery { limit: MOMENTS_MAX, ..PageQuery::default() };
        let rows = app.store.timeline(&worked.parts, &TimelineQuery::default(), &page).await?.items;
        let users = app.store.users().await?.into_iter();
        Ok(Gathered {
            deadlines: deadlines(app, &worked.work, None),
            timeline: rows.into_iter().map(moment).collect(),
            names: users.map(|user| (user.id.to_string(), user.account.display_name)).collect(),
            now: app.clock.now(),
            id,
            worked,
            story,
        })
    }

    /// The incident and the work on it.
    pub(super) fn worked(&self) -> &Worked {
        &self.worked
    }

    /// As reports take it.
    pub(super) fn dossier(&self) -> Dossier<'_> {
        Dossier {
            id: &self.id,
            status: self.worked.incident.status,
            told: &self.worked.incident.told,
            story: self.story.as_ref(),
            work: &self.worked.work,
            timeline: &self.timeline,
            deadlines: &self.deadlines,
            names: &self.names,
            now: self.now,
        }
    }
}

fn moment(row: TimelineRow) -> Moment {
    Moment { stamp: row.stamp, kind: row.kind, at: row.at, title: row.title }
}

/// The bytes of a report; typesetting takes a processor for a while.
async fn render(document: Document, form: DocumentForm) -> Result<Vec<u8>, ApiError> {
    let rendered = tokio::task::spawn_blocking(move || match form {
        DocumentForm::Markdown => Ok(document_markdown(&document).into_bytes()),
        DocumentForm::Html => Ok(document_html(&document).into_bytes()),
        DocumentForm::Pdf => document_pdf(&document),
    });
    let rendered = rendered.await.map_err(|error| ApiError::Internal(error.to_string()))?;
    rendered.map_err(|error| ApiError::Internal(error.to_string()))
}

/// Keeps what was given out, under its hash.
async fn keep(app: &App, bytes: Vec<u8>) -> Result<SealedBytes, ApiError> {
    let vault = Arc::clone(&app.vault);
    let kept = tokio::task::spawn_blocking(move || {
        let mut sealing = vault.begin()?;
        sealing.write(&bytes)?;
        sealing.finish()
    });
    let kept = kept.await.map_err(|error| ApiError::Internal(error.to_string()))?;
    kept.map_err(|error| ApiError::Unavailable(format!("the report could not be kept: {error}")))
}
