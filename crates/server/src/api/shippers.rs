//! Deliveries in the forms that shippers speak already: the Elasticsearch bulk API, the Splunk HTTP Event Collector, OTLP over
//! HTTP. Each is answered in its own words; only who may deliver is decided as for all routes.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use quell_model::Right;
use quell_model::ports::{Intake, IntakeError, Receipt};

use super::deliver::{delivery, inflated, source_of};
use crate::App;
use crate::http::{Access, ApiError, Caller, Credential, Route};
use crate::intake::shapes::{elastic, hec, otlp};

/// Numbers of documents without an id of their own.
static DOCUMENTS: AtomicU64 = AtomicU64::new(1);

pub(super) fn routes() -> Vec<Route> {
    let write = Access::Needs(Right::IntakeWrite);
    vec![
        Route::foreign(Method::GET, "/elastic", write, || get(elastic_info)),
        Route::foreign(Method::GET, "/elastic/", write, || get(elastic_info)),
        Route::foreign(Method::POST, "/elastic/_bulk", write, || post(elastic_bulk)),
        Route::foreign(Method::PUT, "/elastic/_bulk", write, || put(elastic_bulk)),
        Route::foreign(Method::POST, "/elastic/{index}/_bulk", write, || post(elastic_bulk_of)),
        Route::foreign(Method::PUT, "/elastic/{index}/_bulk", write, || put(elastic_bulk_of)),
        Route::foreign(Method::POST, "/services/collector", write, || post(hec_events)),
        Route::foreign(Method::POST, "/services/collector/event", write, || post(hec_events)),
        Route::foreign(Method::POST, "/services/collector/raw", write, || post(hec_raw)),
        Route::foreign(Method::GET, "/services/collector/health", Access::Public, || get(hec_health)),
        Route::foreign(Method::POST, "/v1/logs", write, || post(otlp_logs)),
    ]
}

/// The source of a delivery whose protocol names none: the token's, or the protocol's own name.
fn source(caller: &Caller, protocol: &str) -> Result<String, ApiError> {
    let bound = matches!(&caller.credential, Credential::Token(_, Some(_)));
    source_of(caller, (!bound).then(|| protocol.to_owned()))
}

async fn store(app: &App, source: String, bytes: Vec<u8>) -> Result<Receipt, IntakeError> {
    app.intake.deliver(delivery(app, source, bytes, None)).await
}

fn product(mut response: Response) -> Response {
    let (name, value) = elastic::PRODUCT_HEADER;
    response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    response
}

async fn elastic_info() -> Response {
    product(axum::Json(elastic::info()).into_response())
}

async fn elastic_bulk(state: State<App>, caller: Caller, headers: HeaderMap, body: Bytes) -> Response {
    product(bulk(&state, &caller, "", (&headers, body)).await)
}

async fn elastic_bulk_of(
    state: State<App>,
    caller: Caller,
    Path(index): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    product(bulk(&state, &caller, &index, (&headers, body)).await)
}

async fn bulk(app: &App, caller: &Caller, index: &str, (headers, body): (&HeaderMap, Bytes)) -> Response {
    let fail = |failure: elastic::Failure| {
        let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::BAD_REQUEST);
        (status, axum::Json(failure)).into_response()
    };
    let (source, bytes) = match source(caller, "elastic").and_then(|source| Ok((source, inflated(headers, body)?))) {
        Ok(read) => read,
        Err(error) => {
            let status = error.status().as_u16();
            return fail(elastic::Failure::new(status, "illegal_argument_exception", error.to_string()));
        }
    };
    let bulk = match elastic::bulk(&bytes, index, DOCUMENTS.load(Ordering::Relaxed)) {
        Ok(bulk) => bulk,
        Err(error) => return fail(error.failure()),
    };
    if bulk.bytes.is_empty() {
        return axum::Json(bulk.items.answer(&Receipt::default())).into_response();
    }
    let documents = bulk.bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    DOCUMENTS.fetch_add(documents, Ordering::Relaxed);
    match store(app, source, bulk.bytes).await {
        Ok(receipt) => axum::Json(bulk.items.answer(&receipt)).into_response(),
        Err(IntakeError::Busy { .. }) => {
            let reason = "more arrives than can be stored; send it again".to_owned();
            fail(elastic::Failure::new(429, "es_rejected_execution_exception", reason))
        }
        Err(error) => fail(elastic::Failure::new(503, "unavailable_shards_exception", error.to_string())),
    }
}

async fn hec_events(state: State<App>, caller: Caller, headers: HeaderMap, body: Bytes) -> Response {
    let outcome = match inflated(&headers, body) {
        Ok(bytes) => hec_store(&state, &caller, hec::events(&bytes)).await,
        Err(ApiError::TooLarge(_)) => hec::Outcome::TooLarge,
        Err(_) => hec::Outcome::InvalidFormat { event: 0 },
    };
    hec_answer(outcome)
}

async fn hec_raw(state: State<App>, caller: Caller, headers: HeaderMap, body: Bytes) -> Response {
    let outcome = match inflated(&headers, body) {
        Ok(bytes) => hec_store(&state, &caller, hec::raw(bytes)).await,
        Err(ApiError::TooLarge(_)) => hec::Outcome::TooLarge,
        Err(_) => hec::Outcome::InvalidFormat { event: 0 },
    };
    hec_answer(outcome)
}

async fn hec_health() -> Response {
    hec_answer(hec::Outcome::Healthy)
}

async fn hec_store(app: &App, caller: &Caller, bytes: Result<Vec<u8>, hec::Outcome>) -> hec::Outcome {
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(outcome) => return outcome,
    };
    let Ok(source) = source(caller, "hec") else { return hec::Outcome::InvalidToken };
    match store(app, source, bytes).await {
        Ok(_) => hec::Outcome::Success,
        Err(_) => hec::Outcome::Busy,
    }
}

fn hec_answer(outcome: hec::Outcome) -> Response {
    let status = StatusCode::from_u16(outcome.status()).unwrap_or(StatusCode::BAD_REQUEST);
    (status, axum::Json(outcome.answer())).into_response()
}

async fn otlp_logs(state: State<App>, caller: Caller, headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let Some(encoding) = otlp::Encoding::of(kind) else {
        return ApiError::UnsupportedType("application/x-protobuf or application/json").into_response();
    };
    let (status, body) = match logs(&state, &caller, (&headers, body), encoding).await {
        Ok(body) => (StatusCode::OK, body),
        Err((status, message)) => (status, otlp::failure(&message, encoding)),
    };
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static(encoding.content_type()))], body).into_response()
}

async fn logs(
    app: &App,
    caller: &Caller,
    (headers, body): (&HeaderMap, Bytes),
    encoding: otlp::Encoding,
) -> Result<Vec<u8>, (StatusCode, String)> {
    let api = |error: ApiError| (error.status(), error.to_string());
    let source = source(caller, "otlp").map_err(api)?;
    let bytes = inflated(headers, body).map_err(api)?;
    let wrong = |error: otlp::LogsError| {
        (StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST), error.to_string())
    };
    let logs = otlp::logs(&bytes, encoding).map_err(wrong)?;
    if logs.bytes.is_empty() {
        return Ok(otlp::answer(&logs.refused, &Receipt::default(), encoding));
    }
    // OTLP senders try again after 429 and 503 only.
    let receipt = store(app, source, logs.bytes).await.map_err(|error| match error {
        IntakeError::Busy { .. } => (StatusCode::TOO_MANY_REQUESTS, error.to_string()),
        _ => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    })?;
    Ok(otlp::answer(&logs.refused, &receipt, encoding))
}
