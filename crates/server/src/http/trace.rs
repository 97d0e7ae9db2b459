//! A trace id for each request: in every log line about it, in the answer's `x-trace-id`, in every problem.

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::App;

tokio::task_local! {
    static CURRENT: String;
}

/// The trace id of the request at hand, or nothing outside of one.
pub(crate) fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Gives each request its id: the caller's, if they sent a W3C `traceparent`, else a new one.
pub(crate) async fn trace(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = parent(&request).unwrap_or_else(|| app.hex::<16>());
    let span = tracing::info_span!("request", trace_id = %id, method = %request.method(), path = %request.uri().path());
    let began = tokio::time::Instant::now();
    let mut response = CURRENT.scope(id.clone(), next.run(request).instrument(span.clone())).await;
    let micros = began.elapsed().as_micros() as u64;
    let status = response.status().as_u16();
    span.in_scope(|| tracing::debug!(status, duration_us = micros, "answered"));
    metrics::histogram!("quell_http_answer_seconds", "status" => class(status)).record(micros as f64 / 1e6);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-trace-id", value);
    }
    response
}

/// Runs something under the trace id at hand, to its end, whatever happens to whoever waits for it.
pub(crate) fn in_task<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
    tokio::spawn(CURRENT.scope(current(), work.in_current_span()))
}

fn class(status: u16) -> &'static str {
    match status {
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

/// The trace id of a `traceparent` header (`00-<32 hex>-<16 hex>-<2 hex>`).
fn parent(request: &Request) -> Option<String> {
    let header = request.headers().get("traceparent")?.to_str().ok()?;
    let id = header.split('-').nth(1)?;
    let valid = id.len() == 32 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    (valid && id.bytes().any(|b| b != b'0')).then(|| id.to_owned())
}
