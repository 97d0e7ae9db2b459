//! Problem documents, RFC 9457.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::trace;

/// What went wrong, for programs and people.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Problem {
    /// Stable name of the kind of problem, a URI reference.
    #[serde(rename = "type")]
    #[schema(example = "urn:quell:problem:not-found")]
    pub(crate) kind: String,
    /// Short text for the kind.
    pub(crate) title: String,
    /// HTTP status.
    pub(crate) status: u16,
    /// What it is this time, and what to do.
    pub(crate) detail: String,
    /// Under which the log has more.
    pub(crate) trace_id: String,
}

impl Problem {
    pub(crate) fn new(slug: &str, status: StatusCode, detail: String) -> Problem {
        Problem {
            kind: format!("urn:quell:problem:{slug}"),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail,
            trace_id: trace::current(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let json = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response
    }
}
