//! The table of routes, as a router. Everything that every answer has in common is added here.

use std::convert::Infallible;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;

use super::authorise::{Guard, authorise};
use super::{Route, trace};
use crate::App;

/// Everything that Quell answers.
pub(crate) fn router(app: &App, routes: Vec<Route>) -> Router {
    let mut router = Router::new();
    for route in routes {
        let guard = Guard { app: app.clone(), access: route.access, body: route.body, remembered: route.remembered };
        let mut handler: MethodRouter<App> = (route.handler)();
        // The guard bounds the body; a second bound would answer in its own words.
        handler =
            handler.layer::<_, Infallible>(from_fn_with_state(guard, authorise)).layer(DefaultBodyLimit::disable());
        router = router.route(route.path, handler);
    }
    router
        .fallback(crate::api::console::elsewhere)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(harden))
        .layer(from_fn_with_state(app.clone(), trace::trace))
        .with_state(app.clone())
}

async fn method_not_allowed(method: Method) -> Response {
    let detail = format!("{method} is not possible here");
    super::problem::Problem::new("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED, detail).into_response()
}

/// Headers that keep a browser from doing anything with an answer but show it (threat groups 1 and 2).
async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let policy = HeaderValue::from_static(
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; style-src 'unsafe-inline'",
    );
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
