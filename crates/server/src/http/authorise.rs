//! The one place where a request gets in (invariant 12): who asks, whether the route is theirs, whether the request came from
//! our own pages, and whether it was answered before.

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use quell_model::{Right, Timestamp};
use quell_store::{AnswerKey, RememberedAnswer};
use sha2::{Digest, Sha256};

use super::{Access, ApiError, BodyLimit, Caller, Credential, Peer};
use crate::App;

/// How long an answer to an idempotency key is remembered.
const REMEMBERED_SECONDS: i64 = 24 * 3600;
/// Longest idempotency key.
const KEY_BYTES_MAX: usize = 200;
/// Largest answer that is remembered.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// What the guard of a route knows about it.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) app: App,
    pub(super) access: Access,
    pub(super) body: BodyLimit,
}

/// Lets a request through to its handler, or not.
pub(super) async fn authorise(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    match admit(&guard, &mut request).await {
        Err(refused) => refused.into_response(),
        Ok(None) => next.run(request).await,
        Ok(Some(_)) if !is_remembered(&guard) => next.run(request).await,
        Ok(Some(caller)) => match idempotency_key(&caller, &request) {
            Err(refused) => refused.into_response(),
            Ok(None) => next.run(request).await,
            Ok(Some(key)) => once(&guard, key, request, next).await.unwrap_or_else(IntoResponse::into_response),
        },
    }
}

/// Whether answers of a route may be remembered. What a session alone can do is about the caller's own secrets; what only
/// reads is read again, in the eyes that the caller has then; uploads are too large to compare, and count once anyway.
fn is_remembered(guard: &Guard) -> bool {
    let kept_apart = matches!(guard.access, Access::Session(_) | Access::Needs(Right::EventsRead | Right::LedgerRead));
    !kept_apart && guard.body != BodyLimit::Stream
}

/// Who asks, if the route is theirs.
async fn admit(guard: &Guard, request: &mut Request) -> Result<Option<Caller>, ApiError> {
    let address = request.extensions().get::<Peer>().map(|peer| peer.0);
    let address = address.ok_or_else(|| ApiError::Internal("connection without an address".to_owned()))?;
    if guard.access == Access::Public {
        own_pages_only(&guard.app, request.method(), request.headers())?;
        return Ok(None);
    }
    let caller = guard.app.access.authenticate(request.headers(), address).await?.ok_or(ApiError::Unauthenticated)?;
    let session = matches!(caller.credential, Credential::Session(_));
    if session {
        own_pages_only(&guard.app, request.method(), request.headers())?;
    }
    match guard.access {
        Access::Public => {}
        Access::Needs(right) => caller.need(right)?,
        Access::Session(right) => {
            if !session {
                return Err(ApiError::Refused("this needs a signed-in session; a token cannot do it".to_owned()));
            }
            caller.need(right)?;
        }
    }
    request.extensions_mut().insert(caller.clone());
    Ok(Some(caller))
}

/// A browser sends its session with every request to us, whoever made the page. What changes something must come from our
/// own pages: browsers tell by `Origin`, or by `Sec-Fetch-Site`.
fn own_pages_only(app: &App, method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let refused = || ApiError::Refused("the request came from another site".to_owned());
    if let Some(origin) = text(header::ORIGIN)
        && !app.origins(headers).iter().any(|ours| ours.eq_ignore_ascii_case(origin))
    {
        return Err(refused());
    }
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err(refused());
    }
    Ok(())
}

fn idempotency_key(caller: &Caller, request: &Request) -> Result<Option<AnswerKey>, ApiError> {
    let Some(key) = request.headers().get("idempotency-key") else { return Ok(None) };
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(None);
    }
    let key = key.to_str().ok().filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len()));
    let key = key.ok_or_else(|| ApiError::BadRequest(format!("idempotency-key is 1 to {KEY_BYTES_MAX} characters")))?;
    Ok(Some(AnswerKey { user: caller.user.clone(), key: key.to_owned() }))
}

/// Answers a request with a key from memory, or else runs it and remembers the answer.
async fn once(guard: &Guard, key: AnswerKey, request: Request, next: Next) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let limit = guard.body.bytes().unwrap_or(ANSWER_BYTES_MAX);
    let body = Limited::new(body, limit).collect().await.map_err(|_| ApiError::TooLarge(limit))?.to_bytes();
    let request_hash = fingerprint(&parts, &body);
    let store = &guard.app.store;
    let now = guard.app.clock.now();
    if let Some(remembered) = store.remembered_answer(&key, now).await? {
        if remembered.request_hash != request_hash {
            return Err(ApiError::Unprocessable("this idempotency-key was used for another request".to_owned()));
        }
        return Ok(replay(remembered.status, remembered.body));
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    // A handler that says so itself answers with a secret.
    let secret = response.headers().get(header::CACHE_CONTROL).is_some_and(|value| value == "no-store");
    if secret || response.status().is_server_error() || response.status() == StatusCode::TOO_MANY_REQUESTS {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|_| ApiError::Internal("an answer is too large to be remembered".to_owned()))?.to_bytes();
    let expires_at = Timestamp::from_second(now.as_second() + REMEMBERED_SECONDS).unwrap_or(now);
    let answer = RememberedAnswer { request_hash, status: parts.status.as_u16(), body: body.to_vec() };
    store.remember_answer(&key, &answer, expires_at).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn fingerprint(parts: &axum::http::request::Parts, body: &Bytes) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(parts.method.as_str());
    hasher.update([0]);
    hasher.update(parts.uri.to_string());
    hasher.update([0]);
    hasher.update(body);
    hasher.finalize().into()
}

fn replay(status: u16, body: Vec<u8>) -> Response {
    let kind = if status >= 400 { "application/problem+json" } else { "application/json" };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = (status, body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert("idempotent-replay", HeaderValue::from_static("true"));
    response
}
