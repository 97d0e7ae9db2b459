//! What can go wrong with a request. The answer is a problem document (RFC 9457); details of failures of ours go to the log
//! and never to the caller.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use quell_incident::Refusal;
use quell_model::ports::{IntakeError, LakeError};
use quell_store::StoreError;

use super::problem::Problem;

/// Why a request is not answered as asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The request is malformed.
    #[error("{0}")]
    BadRequest(String),
    /// Nobody is signed in, or what they show is not valid.
    #[error("sign in first, or send a valid token")]
    Unauthenticated,
    /// Signed in, but without the right.
    #[error("this needs the right {0}, which you do not have")]
    Forbidden(&'static str),
    /// Refused for a reason that is no missing right, such as a request from another site.
    #[error("{0}")]
    Refused(String),
    /// There is no such thing, or the caller may not know that there is.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Somebody else changed it first, or a name is taken.
    #[error("{0}")]
    Conflict(String),
    /// A request with this key was begun and has no answer yet, or was cut off.
    #[error("a request with this key was begun and not ended: wait, then read whether it was carried out")]
    OutcomeUnknown,
    /// The body came too slowly.
    #[error("the body did not come in time; send it again")]
    TooSlow,
    /// Well formed, but it cannot be done.
    #[error("{0}")]
    Unprocessable(String),
    /// The body is larger than this route takes.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// The body is of another type than this route takes.
    #[error("send the body as {0}")]
    UnsupportedType(&'static str),
    /// Too many requests or tries.
    #[error("too much at once; wait {0} s")]
    TooMany(u64),
    /// The store or the pipeline cannot take it now.
    #[error("{0}")]
    Unavailable(String),
    /// The store was lost while it was written to: it is done, or it is not.
    #[error("the store was lost while this was written; read whether it was done")]
    Uncertain,
    /// A fault of ours.
    #[error("something went wrong in Quell; the log has the details under the trace id")]
    Internal(String),
}

impl ApiError {
    /// HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            ApiError::BadRequest(_) => StatusCode::BAD_REQUEST,
            ApiError::Unauthenticated => StatusCode::UNAUTHORIZED,
            ApiError::Forbidden(_) | ApiError::Refused(_) => StatusCode::FORBIDDEN,
            ApiError::NotFound(_) => StatusCode::NOT_FOUND,
            ApiError::Conflict(_) | ApiError::OutcomeUnknown => StatusCode::CONFLICT,
            ApiError::TooSlow => StatusCode::REQUEST_TIMEOUT,
            ApiError::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            ApiError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            ApiError::UnsupportedType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ApiError::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            ApiError::Unavailable(_) | ApiError::Uncertain => StatusCode::SERVICE_UNAVAILABLE,
            ApiError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Last part of the problem's type.
    fn slug(&self) -> &'static str {
        match self {
            ApiError::BadRequest(_) => "bad-request",
            ApiError::Unauthenticated => "unauthenticated",
            ApiError::Forbidden(_) => "forbidden",
            ApiError::Refused(_) => "refused",
            ApiError::NotFound(_) => "not-found",
            ApiError::Conflict(_) => "conflict",
            ApiError::OutcomeUnknown | ApiError::Uncertain => "outcome-unknown",
            ApiError::TooSlow => "too-slow",
            ApiError::Unprocessable(_) => "unprocessable",
            ApiError::TooLarge(_) => "too-large",
            ApiError::UnsupportedType(_) => "unsupported-type",
            ApiError::TooMany(_) => "too-many",
            ApiError::Unavailable(_) => "unavailable",
            ApiError::Internal(_) => "internal",
        }
    }

    /// Seconds after which trying again makes sense.
    fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            ApiError::TooMany(seconds) => Some(*seconds),
            ApiError::Unavailable(_) => Some(1),
            _ => None,
        }
    }
}

/// Marks an answer that does not say whether what was asked is done.
#[derive(Debug, Clone, Copy)]
pub(super) struct NobodyKnows;

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let ApiError::Internal(details) = &self {
            tracing::error!(details, "request failed");
        }
        let problem = Problem::new(self.slug(), self.status(), self.to_string());
        let mut response = problem.into_response();
        if let Some(seconds) = self.retry_after_seconds() {
            response.headers_mut().insert(axum::http::header::RETRY_AFTER, seconds.into());
        }
        if matches!(self, ApiError::Uncertain) {
            response.extensions_mut().insert(NobodyKnows);
        }
        if matches!(self, ApiError::Unauthenticated) {
            let scheme = axum::http::HeaderValue::from_static("Bearer");
            response.headers_mut().insert(axum::http::header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        match error {
            StoreError::Conflict { .. } => {
                ApiError::Conflict("somebody else changed it in the meantime; read it again and retry".to_owned())
            }
            StoreError::Taken(name) => ApiError::Conflict(format!("{name} is taken")),
            StoreError::BadCursor => ApiError::Unprocessable("the cursor is not one of ours".to_owned()),
            StoreError::Unavailable(details) => {
                tracing::warn!(details, "store not available");
                ApiError::Unavailable("the store is not available; try again".to_owned())
            }
            StoreError::Uncertain(details) => {
                tracing::warn!(details, "store lost while it was written to");
                ApiError::Uncertain
            }
            error => ApiError::Internal(error.to_string()),
        }
    }
}

impl From<LakeError> for ApiError {
    fn from(error: LakeError) -> ApiError {
        match error {
            LakeError::Unavailable(details) => {
                tracing::warn!(details, "event store not available");
                ApiError::Unavailable("the event store is not available; try again".to_owned())
            }
            LakeError::Damaged(details) => ApiError::Internal(details),
        }
    }
}

impl From<IntakeError> for ApiError {
    fn from(error: IntakeError) -> ApiError {
        match error {
            IntakeError::Busy { retry_after_seconds } => ApiError::TooMany(retry_after_seconds),
            IntakeError::Unavailable(details) => {
                tracing::warn!(details, "intake not available");
                ApiError::Unavailable("the delivery could not be stored; send it again".to_owned())
            }
            IntakeError::Stopping => ApiError::Unavailable("Quell is stopping; send it again".to_owned()),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> ApiError {
        match refusal {
            Refusal::Merged(_) | Refusal::NoChange => ApiError::Conflict(refusal.to_string()),
            _ => ApiError::Unprocessable(refusal.to_string()),
        }
    }
}
