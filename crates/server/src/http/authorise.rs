//! The one place where a request gets in (invariant 12): who asks, whether the route is theirs, whether the request came from
//! our own pages, whether all of it comes in time, and whether it was carried out before.

use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use quell_model::{Right, Timestamp};
use quell_store::{AnswerKey, BegunAnswer, RememberedAnswer, Store};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::error::NobodyKnows;
use super::{Access, ApiError, BodyLimit, Caller, Credential, Peer, trace};
use crate::App;

/// Bytes of deliveries that are being read, and the unit in which they are counted.
const BODIES_BYTES_MAX: usize = 512 << 20;
const BODIES_UNIT_BYTES: usize = 1 << 10;
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
    pub(super) remembered: bool,
}

/// Room for deliveries that are being read.
pub(crate) fn room_for_bodies() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(BODIES_BYTES_MAX / BODIES_UNIT_BYTES))
}

/// Lets a request through to its handler, or not.
pub(super) async fn authorise(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    pass(&guard, request, next).await.unwrap_or_else(IntoResponse::into_response)
}

async fn pass(guard: &Guard, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let caller = admit(guard, &mut request).await?;
    let key = caller.filter(|_| is_remembered(guard)).map(|caller| idempotency_key(&caller, &request));
    let request = whole(guard, request).await?;
    match key.transpose()?.flatten() {
        None => Ok(next.run(request).await),
        Some(key) => once(guard, key, request, next).await,
    }
}

/// Whether answers of a route may be remembered. What a session alone can do is about the caller's own secrets; what only
/// reads is read again, in the eyes that the caller has then; deliveries and uploads count once by themselves.
fn is_remembered(guard: &Guard) -> bool {
    use Right::{EventsRead, IntakeWrite, LedgerRead};
    guard.remembered
        && !matches!(guard.access, Access::Session(_) | Access::Needs(EventsRead | IntakeWrite | LedgerRead))
}

/// A request with all of its body: not more of it than the route takes, and not slower than it may come.
async fn whole(guard: &Guard, request: Request) -> Result<Request, ApiError> {
    let Some((bytes_max, within)) = guard.body.bytes().zip(guard.body.within()) else { return Ok(request) };
    let (mut parts, body) = request.into_parts();
    if guard.body == BodyLimit::Delivery {
        // All deliveries together are bounded, too. The room is free again when the request is.
        let bytes = usize::try_from(body.size_hint().upper().unwrap_or(u64::MAX)).unwrap_or(usize::MAX).min(bytes_max);
        let room = guard.app.bodies.clone().acquire_many_owned(bytes.div_ceil(BODIES_UNIT_BYTES) as u32);
        let room = tokio::time::timeout(within, room).await.map_err(|_| ApiError::TooMany(1))?;
        parts.extensions.insert(Arc::new(room.map_err(|error| ApiError::Internal(error.to_string()))?));
    }
    let read = tokio::time::timeout(within, Limited::new(body, bytes_max).collect()).await;
    match read.map_err(|_| ApiError::TooSlow)? {
        Ok(read) => Ok(Request::from_parts(parts, Body::from(read.to_bytes()))),
        Err(error) if error.is::<LengthLimitError>() => Err(ApiError::TooLarge(bytes_max)),
        Err(_) => Err(ApiError::BadRequest("the body could not be read to its end".to_owned())),
    }
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

/// Carries a request with a key out once, and remembers the answer. The key is taken before anything is done: if it is cut
/// off in between, nobody carries it out again, and who asks is told that the outcome is not known.
async fn once(guard: &Guard, key: AnswerKey, request: Request, next: Next) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|error| ApiError::Internal(error.to_string()))?.to_bytes();
    let request_hash = fingerprint(&parts, &body);
    let store = guard.app.store.clone();
    let now = guard.app.clock.now();
    let expires_at = Timestamp::from_second(now.as_second() + REMEMBERED_SECONDS).unwrap_or(now);
    let other = || ApiError::Unprocessable("this idempotency-key was used for another request".to_owned());
    match store.begin_answer(&key, &request_hash, now, expires_at).await? {
        BegunAnswer::Yours => {}
        BegunAnswer::UnderWay { same: true } => return Err(ApiError::OutcomeUnknown),
        BegunAnswer::UnderWay { same: false } => return Err(other()),
        BegunAnswer::Answered(before) if before.request_hash != request_hash => return Err(other()),
        BegunAnswer::Answered(before) => return Ok(replay(before.status, before.body)),
    }
    let request = Request::from_parts(parts, Body::from(body));
    // In a task of its own, so that it comes to its end even if the caller goes away.
    let carried_out = trace::in_task(async move {
        let response = next.run(request).await;
        remember(&store, &key, request_hash, expires_at, response).await
    });
    carried_out.await.map_err(|error| ApiError::Internal(error.to_string()))?
}

async fn remember(
    store: &Store,
    key: &AnswerKey,
    request_hash: [u8; 32],
    expires_at: Timestamp,
    response: Response,
) -> Result<Response, ApiError> {
    // A handler that says so itself answers with a secret.
    let secret = response.headers().get(header::CACHE_CONTROL).is_some_and(|value| value == "no-store");
    if response.extensions().get::<NobodyKnows>().is_some() {
        return Ok(response);
    }
    if secret || response.status().is_server_error() || response.status() == StatusCode::TOO_MANY_REQUESTS {
        store.give_up_answer(key).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|_| ApiError::Internal("an answer is too large to be remembered".to_owned()))?.to_bytes();
    let answer = RememberedAnswer { request_hash, status: parts.status.as_u16(), body: body.to_vec() };
    store.remember_answer(key, &answer, expires_at).await?;
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
