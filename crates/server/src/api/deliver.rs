//! Where records are delivered: lines in the API's own form, and the forms that shippers speak already.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, header};
use axum::routing::post;
use quell_model::Right;
use quell_model::ports::{Delivery, Intake, Receipt};
use serde::Serialize;
use utoipa::ToSchema;

use super::params::is_source_name;
use crate::App;
use crate::http::{Access, ApiError, BodyLimit, Caller, Credential, Json, Route, pour};
use crate::intake::{UploadOutcome, store_upload};

/// Rejected parts listed in an answer.
const REJECTED_LISTED: usize = 20;
const KEY_BYTES_MAX: usize = 200;

pub(super) fn routes() -> Vec<Route> {
    let write = Access::Needs(Right::IntakeWrite);
    vec![
        Route::api(Method::POST, "/api/v1/intake/{source}", write, || post(lines)).with_body(BodyLimit::Delivery),
        Route::api(Method::POST, "/api/v1/intake/{source}/file", write, || post(file)).with_body(BodyLimit::Stream),
    ]
}

/// What became of a delivery.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ReceiptView {
    /// Records stored, durably.
    accepted: u64,
    /// Parts that were no records; kept with their reason.
    rejected: u64,
    /// The first of them.
    rejected_parts: Vec<RejectedPartView>,
    /// The same delivery had been stored before.
    known: bool,
}

/// A part that was no record.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RejectedPartView {
    /// Byte offset in the body.
    offset: u64,
    /// What is wrong.
    reason: String,
}

impl From<Receipt> for ReceiptView {
    fn from(receipt: Receipt) -> ReceiptView {
        let parts = receipt.rejected.iter().take(REJECTED_LISTED);
        ReceiptView {
            accepted: receipt.accepted,
            rejected: receipt.rejected_total,
            rejected_parts: parts
                .map(|part| RejectedPartView { offset: part.offset, reason: part.reason.clone() })
                .collect(),
            known: receipt.known,
        }
    }
}

/// Takes records as they are: JSON values or log lines, of any known source, mixed. They are stored durably when the answer
/// comes. Sent again, whole and unchanged or under the same `Idempotency-Key`, a delivery counts once.
#[utoipa::path(post, path = "/api/v1/intake/{source}", tag = "intake", params(("source" = String, Path)),
    request_body(content = String, content_type = "text/plain"),
    responses((status = 200, body = ReceiptView)))]
pub(crate) async fn lines(
    State(app): State<App>,
    caller: Caller,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<ReceiptView>, ApiError> {
    let source = source_of(&caller, Some(source))?;
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).filter(|key| key.len() <= KEY_BYTES_MAX);
    let bytes = inflated(&headers, body)?;
    if bytes.is_empty() {
        return Err(ApiError::Unprocessable("there is nothing in the body".to_owned()));
    }
    let delivery = delivery(&app, source, bytes, key.map(str::to_owned));
    Ok(Json(app.intake.deliver(delivery).await?.into()))
}

/// What became of an upload.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct UploadView {
    /// Files in it.
    files: u64,
    /// Records stored, durably.
    accepted: u64,
    /// Parts that were no records; the first of each file are kept with their reason.
    rejected: u64,
    /// The first of them.
    rejected_parts: Vec<String>,
    /// Files that could not be read, or not to their end, with the reason.
    problems: Vec<String>,
    /// All of it had been stored before.
    known: bool,
}

/// Takes a file or an archive, of any size and any known form: EVTX, JSON, log lines, gzip, zip. The body is the file.
#[utoipa::path(post, path = "/api/v1/intake/{source}/file", tag = "intake", params(("source" = String, Path)),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, body = UploadView)))]
pub(crate) async fn file(
    State(app): State<App>,
    caller: Caller,
    Path(source): Path<String>,
    body: Body,
) -> Result<Json<UploadView>, ApiError> {
    let source = source_of(&caller, Some(source))?;
    let uploads = std::sync::Arc::clone(&app.uploads);
    let (queue, now) = (std::sync::Arc::clone(&app.intake), app.clock.now());
    let outcome = pour(body, move |pieces| {
        let mut upload = uploads.begin()?;
        for piece in pieces {
            upload.write(&piece?)?;
        }
        store_upload(&queue, upload, &source, now)
    })
    .await?;
    Ok(Json(upload_view(outcome)))
}

fn upload_view(outcome: UploadOutcome) -> UploadView {
    let parts = outcome.rejected.iter().take(REJECTED_LISTED);
    let parts = parts.map(|(name, part)| format!("{name} at byte {}: {}", part.offset, part.reason)).collect();
    let problems = outcome.problems.iter().take(REJECTED_LISTED).map(|(name, reason)| format!("{name}: {reason}"));
    UploadView {
        files: outcome.files,
        accepted: outcome.accepted,
        rejected: outcome.rejected_total,
        rejected_parts: parts,
        problems: problems.collect(),
        known: outcome.known,
    }
}

/// The source that a caller may deliver for: the one asked for, or the only one their token has.
pub(super) fn source_of(caller: &Caller, asked: Option<String>) -> Result<String, ApiError> {
    let bound = match &caller.credential {
        Credential::Token(_, source) => source.clone(),
        Credential::Session(_) => None,
    };
    let source = match (bound, asked) {
        (Some(bound), Some(asked)) if bound != asked => {
            return Err(ApiError::Refused(format!("this token delivers for the source {bound} only")));
        }
        (Some(bound), _) => bound,
        (None, Some(asked)) => asked,
        (None, None) => {
            return Err(ApiError::BadRequest("this token names no source, and the request none".to_owned()));
        }
    };
    if is_source_name(&source) {
        Ok(source)
    } else {
        Err(ApiError::Unprocessable("this cannot name a source".to_owned()))
    }
}

pub(super) fn delivery(app: &App, source: String, bytes: Vec<u8>, key: Option<String>) -> Delivery {
    let year = year_of(app);
    Delivery { source, preamble: Vec::new(), bytes, year, key, checkpoint: None }
}

fn year_of(app: &App) -> i16 {
    jiff::tz::Offset::UTC.to_datetime(app.clock.now()).year()
}

/// A body without its compression, as long as it is not too large.
pub(super) fn inflated(headers: &HeaderMap, body: Bytes) -> Result<Vec<u8>, ApiError> {
    let limit = BodyLimit::Delivery.bytes().unwrap_or_default();
    let encoding = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("identity");
    match encoding {
        "identity" | "" => Ok(body.to_vec()),
        "gzip" => {
            use std::io::Read;
            let mut bytes = Vec::new();
            let reader = flate2::read::MultiGzDecoder::new(&body[..]);
            let read = reader.take(limit as u64 + 1).read_to_end(&mut bytes);
            read.map_err(|error| ApiError::BadRequest(format!("body: {error}")))?;
            if bytes.len() > limit { Err(ApiError::TooLarge(limit)) } else { Ok(bytes) }
        }
        _ => Err(ApiError::UnsupportedType("identity or gzip")),
    }
}
