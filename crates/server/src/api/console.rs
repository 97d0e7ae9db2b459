//! The console: files that were built from `web/` and are part of the binary. It is an ordinary client of the API; nothing is
//! rendered here, and nothing of an incident ever stands in a page.

use std::io::Read as _;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::http::{Access, ApiError, Route};

/// What a page may do: only what came with it, and no text ever becomes code (threat group 1).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
                      connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

const NOT_BUILT: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Quell</title><main><h1>Quell is running</h1>\
<p>This binary was built without its console; <code>make build</code> builds both. Everything is in the API.</p>\
<p><a href=/api/v1/openapi.json>Description of the API</a> (OpenAPI 3.1)</p></main></html>";

const PAGE: &str = "/index.html";

include!(concat!(env!("OUT_DIR"), "/console.rs"));

pub(super) fn routes() -> Vec<Route> {
    let file = |path, handler| Route {
        described: false,
        ..Route::api(Method::GET, path, Access::Public, handler).with_file()
    };
    vec![
        file("/", || get(|headers: HeaderMap| async move { page(&headers) })),
        file("/icon.svg", || get(|headers: HeaderMap| async move { asset("/icon.svg", &headers) })),
        file("/assets/{name}", || {
            get(
                |Path(name): Path<String>, headers: HeaderMap| async move { asset(&format!("/assets/{name}"), &headers) },
            )
        }),
    ]
}

/// What stands at an address that is no resource: the console for a person, who may have a screen of it bookmarked, and nothing
/// for a program.
pub(crate) async fn elsewhere(method: Method, headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if method == Method::GET && accepts.contains("text/html") {
        return page(&headers);
    }
    ApiError::NotFound("page").into_response()
}

fn page(headers: &HeaderMap) -> Response {
    let mut response = match find(PAGE) {
        Some(found) => sent(PAGE, found, headers),
        None => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT).into_response(),
    };
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn asset(address: &str, headers: &HeaderMap) -> Response {
    let Some(found) = find(address) else { return ApiError::NotFound("file").into_response() };
    let mut response = sent(address, found, headers);
    // Names below /assets change with what is in the file.
    let kept =
        if address.starts_with("/assets/") { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    response
}

/// Brotli and gzip of a file.
type Compressed = (&'static [u8], &'static [u8]);

fn find(address: &str) -> Option<Compressed> {
    let at = FILES.binary_search_by(|(known, _, _)| (*known).cmp(address)).ok()?;
    FILES.get(at).map(|(_, brotli, gzip)| (*brotli, *gzip))
}

/// A file in the best encoding that the browser takes.
fn sent(address: &str, (brotli, gzip): Compressed, headers: &HeaderMap) -> Response {
    let taken = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let takes =
        |name: &str| taken.split(',').any(|each| each.split(';').next().is_some_and(|each| each.trim() == name));
    let mut response = if takes("br") {
        ([(header::CONTENT_ENCODING, "br")], brotli).into_response()
    } else if takes("gzip") {
        ([(header::CONTENT_ENCODING, "gzip")], gzip).into_response()
    } else {
        let mut plain = Vec::new();
        match flate2::read::MultiGzDecoder::new(gzip).read_to_end(&mut plain) {
            Ok(_) => plain.into_response(),
            Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind_of(address)));
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

fn kind_of(address: &str) -> &'static str {
    match address.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
