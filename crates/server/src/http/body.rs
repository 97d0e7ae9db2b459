//! Strict reading of bodies and parameters: declared type, no unknown fields in bodies (the types say so), and a problem that
//! names what is wrong. A query parameter that nobody knows is left alone.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ApiError;

/// A JSON body, in or out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Json<T>(pub(crate) T);

impl<S, T> FromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Json<T>, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::UnsupportedType("application/json"));
        }
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|_| ApiError::BadRequest("the body could not be read to its end".to_owned()))?;
        // serde reads a struct from a list too; an object is what is described.
        if bytes.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
            return Err(ApiError::Unprocessable("body: it is no JSON object".to_owned()));
        }
        serde_json::from_slice(&bytes).map(Json).map_err(|error| {
            let detail = format!("body: {}", without_value(&error.to_string()));
            if error.is_data() { ApiError::Unprocessable(detail) } else { ApiError::BadRequest(detail) }
        })
    }
}

impl<T: Serialize> axum::response::IntoResponse for Json<T> {
    fn into_response(self) -> axum::response::Response {
        axum::Json(self.0).into_response()
    }
}

/// A body that says it is JSON and is read as a stream. Before anything else: a form of another site cannot say so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SaysJson;

impl<S: Send + Sync> FromRequestParts<S> for SaysJson {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<SaysJson, ApiError> {
        if is_json(&parts.headers) { Ok(SaysJson) } else { Err(ApiError::UnsupportedType("application/json")) }
    }
}

/// Query parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for Params<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Params<T>, ApiError> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|Query(params)| Params(params))
            .map_err(|error| ApiError::BadRequest(format!("query parameters: {}", error.body_text())))
    }
}

/// A reason without the value that was wrong: it can be a secret in the wrong place.
fn without_value(reason: &str) -> String {
    for what in ["invalid type", "invalid value"] {
        if reason.starts_with(what)
            && let Some(expected) = reason.rfind(", expected ")
        {
            return format!("{what}{}", &reason[expected..]);
        }
    }
    reason.to_owned()
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}
