//! The few pages a server without a console needs: a welcome, and the form that makes the first account.
//!
//! The secret of a set-up link stands after `#`, which browsers never send; the script reads it there.

use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::http::{Access, Route};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; \
                      frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'";

const WELCOME: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Quell</title>\
<link rel=stylesheet href=/pages.css><main><h1>Quell is running</h1>\
<p>This is the live server. A console is not built yet; everything is in the API.</p>\
<p><a href=/api/v1/openapi.json>Description of the API</a> (OpenAPI 3.1)</p></main></html>";

const SETUP: &str = "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
<title>Set up Quell</title><link rel=stylesheet href=/pages.css><script src=/setup.js defer></script>\
<main><h1>Make the first account</h1><p>It is an administrator's. This link works once, within an hour of its printing.</p>\
<form id=form><label>Sign-in name<input name=login autocomplete=username required minlength=1 maxlength=64></label>\
<label>Name that others see<input name=display_name autocomplete=name required maxlength=200></label>\
<label>Password, at least 12 characters<input name=password type=password autocomplete=new-password required minlength=12 \
maxlength=1024></label><button>Make the account</button></form><p id=outcome role=status></p></main></html>";

const SCRIPT: &str = "\
const form = document.getElementById('form');
const outcome = document.getElementById('outcome');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(form));
  const body = JSON.stringify({ secret: location.hash.slice(1), ...fields });
  outcome.textContent = 'One moment.';
  const answer = await fetch('/api/v1/setup', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (answer.ok) {
    history.replaceState(null, '', '/setup');
    form.remove();
    outcome.textContent = 'Done. You are signed in as ' + fields.login + '. Make an API token with POST /api/v1/account/tokens.';
  } else {
    const problem = await answer.json().catch(() => ({}));
    outcome.textContent = problem.detail || 'It did not work (' + answer.status + ').';
  }
});
";

const STYLE: &str = "\
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0}
main{max-width:34rem;margin:4rem auto;padding:0 1rem}
label{display:block;margin:1rem 0}
input{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.5rem;margin-top:.25rem}
button{font:inherit;padding:.5rem 1rem}
";

pub(super) fn routes() -> Vec<Route> {
    let page = |path, handler| Route { described: false, ..Route::api(Method::GET, path, Access::Public, handler) };
    vec![
        page("/", || get(|| async { answer("text/html; charset=utf-8", WELCOME) })),
        page("/setup", || get(|| async { answer("text/html; charset=utf-8", SETUP) })),
        page("/setup.js", || get(|| async { answer("text/javascript; charset=utf-8", SCRIPT) })),
        page("/pages.css", || get(|| async { answer("text/css; charset=utf-8", STYLE) })),
    ]
}

fn answer(kind: &'static str, text: &'static str) -> Response {
    let mut response = text.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
