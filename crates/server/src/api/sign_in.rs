//! Signing in and out.

use axum::extract::State;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use quell_model::Right;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::users::User;
use crate::App;
use crate::access::{Code, Entered, Visit};
use crate::http::{Access, ApiError, Caller, Json, Params, Route};

/// Routes of this part.
pub(crate) fn routes() -> Vec<Route> {
    let public = Access::Public;
    let own = Access::Session(Right::OwnAccount);
    let mut begin = Route::foreign(Method::GET, "/auth/oidc/begin", public, || get(begin_at_provider));
    let mut callback = Route::foreign(Method::GET, "/auth/oidc/callback", public, || get(finish_at_provider));
    for route in [&mut begin, &mut callback] {
        route.body = crate::http::BodyLimit::Command;
    }
    vec![
        Route::api(Method::POST, "/api/v1/session", public, || post(sign_in)),
        Route::api(Method::POST, "/api/v1/session/totp", public, || post(enter_totp)),
        Route::api(Method::POST, "/api/v1/session/recovery", public, || post(enter_recovery)),
        Route::api(Method::POST, "/api/v1/session/webauthn/begin", public, || post(ask_passkey)),
        Route::api(Method::POST, "/api/v1/session/webauthn/finish", public, || post(enter_passkey)),
        Route::api(Method::DELETE, "/api/v1/session", own, || delete(sign_out)),
        begin,
        callback,
    ]
}

/// Login name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// What is typed to sign in.
    #[schema(max_length = 64)]
    login: String,
    /// The password.
    #[schema(max_length = 1024)]
    password: String,
}

/// A code that is typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeInput {
    /// The code.
    #[schema(max_length = 64)]
    code: String,
}

/// Whose passkey is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskPasskey {
    /// Who signs in with a passkey alone; absent after a password.
    #[schema(max_length = 64)]
    login: Option<String>,
}

/// What came of a step of signing in: a user, or what else is needed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum SignedIn {
    /// Signed in.
    User {
        /// Who.
        user: User,
    },
    /// One of these must be shown too.
    SecondFactor {
        /// `totp`, `webauthn`, `recovery`.
        second_factor: Vec<&'static str>,
    },
}

/// Options for `navigator.credentials`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasskeyOptions {
    /// `publicKey` of the options; binary values are base64url.
    #[serde(rename = "publicKey")]
    #[schema(value_type = Object)]
    public_key: Value,
}

impl From<Value> for PasskeyOptions {
    fn from(mut options: Value) -> PasskeyOptions {
        PasskeyOptions { public_key: options.get_mut("publicKey").map(Value::take).unwrap_or_default() }
    }
}

/// What `navigator.credentials.get` gave.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyAnswer {
    /// The credential, as JSON.
    #[schema(value_type = Object)]
    credential: Value,
}

/// Signs in with a password.
#[utoipa::path(post, path = "/api/v1/session", tag = "sign-in", security(()), request_body = SignIn,
    responses((status = 200, body = SignedIn)))]
pub(crate) async fn sign_in(
    State(app): State<App>,
    visit: Visit,
    Json(body): Json<SignIn>,
) -> Result<Response, ApiError> {
    entered(app.access.sign_in(&visit, body.login.trim(), body.password).await?)
}

/// Shows the code of an app.
#[utoipa::path(post, path = "/api/v1/session/totp", tag = "sign-in", security(()), request_body = CodeInput,
    responses((status = 200, body = SignedIn)))]
pub(crate) async fn enter_totp(
    State(app): State<App>,
    visit: Visit,
    Json(body): Json<CodeInput>,
) -> Result<Response, ApiError> {
    entered(app.access.enter_code(&visit, Code::Totp, &body.code).await?)
}

/// Shows a recovery code.
#[utoipa::path(post, path = "/api/v1/session/recovery", tag = "sign-in", security(()), request_body = CodeInput,
    responses((status = 200, body = SignedIn)))]
pub(crate) async fn enter_recovery(
    State(app): State<App>,
    visit: Visit,
    Json(body): Json<CodeInput>,
) -> Result<Response, ApiError> {
    entered(app.access.enter_code(&visit, Code::Recovery, &body.code).await?)
}

/// Asks for a passkey.
#[utoipa::path(post, path = "/api/v1/session/webauthn/begin", tag = "sign-in", security(()), request_body = AskPasskey,
    responses((status = 200, body = PasskeyOptions)))]
pub(crate) async fn ask_passkey(
    State(app): State<App>,
    visit: Visit,
    Json(body): Json<AskPasskey>,
) -> Result<Response, ApiError> {
    super::params::short([("login", body.login.as_ref(), 64)])?;
    let (options, cookie) = app.access.ask_passkey(&visit, body.login.as_deref().map(str::trim)).await?;
    Ok(with_cookies(Json(PasskeyOptions::from(options)).into_response(), cookie))
}

/// Shows a passkey.
#[utoipa::path(post, path = "/api/v1/session/webauthn/finish", tag = "sign-in", security(()),
    request_body = PasskeyAnswer, responses((status = 200, body = SignedIn)))]
pub(crate) async fn enter_passkey(
    State(app): State<App>,
    visit: Visit,
    Json(body): Json<PasskeyAnswer>,
) -> Result<Response, ApiError> {
    entered(app.access.enter_passkey(&visit, &body.credential).await?)
}

/// Signs out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "sign-in", responses((status = 204)))]
pub(crate) async fn sign_out(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    let cookies = app.access.sign_out(&caller).await?;
    Ok(with_cookies(StatusCode::NO_CONTENT.into_response(), cookies))
}

/// Sends a browser to the provider.
async fn begin_at_provider(State(app): State<App>, visit: Visit) -> Response {
    match app.access.begin_at_provider(&visit, None).await {
        Ok((url, cookie)) => match HeaderValue::from_str(&url) {
            Ok(url) => with_cookies((StatusCode::SEE_OTHER, [(header::LOCATION, url)]).into_response(), Some(cookie)),
            Err(_) => page(StatusCode::SERVICE_UNAVAILABLE, "The provider gave no usable address.", None),
        },
        Err(error) => page(error.status(), &error.to_string(), None),
    }
}

/// What the provider sends back in the address.
#[derive(Deserialize)]
pub(crate) struct Callback {
    code: Option<String>,
    state: Option<String>,
}

/// Takes a browser that comes back from the provider.
async fn finish_at_provider(State(app): State<App>, visit: Visit, Params(back): Params<Callback>) -> Response {
    let forget = app.access.forget_provider();
    let (Some(code), Some(state)) = (back.code, back.state) else {
        let page = page(StatusCode::FORBIDDEN, "The provider did not sign you in.", None);
        return with_cookies(page, forget);
    };
    match app.access.finish_at_provider(&visit, &state, code).await {
        Ok(entered) => {
            let (text, cookies) = match entered {
                Some(Entered::In { cookies, .. } | Entered::Second { cookies, .. }) => ("You are signed in.", cookies),
                None => ("Your account is bound to this identity.", Vec::new()),
            };
            with_cookies(page(StatusCode::OK, text, Some("/")), cookies.into_iter().chain(forget))
        }
        Err(error) => with_cookies(page(error.status(), &error.to_string(), None), forget),
    }
}

/// The answer to a step of signing in.
pub(super) fn entered(entered: Entered) -> Result<Response, ApiError> {
    let (body, cookies) = match entered {
        Entered::In { user, cookies } => (SignedIn::User { user: User::from(*user) }, cookies),
        Entered::Second { kinds, cookies } => (SignedIn::SecondFactor { second_factor: kinds }, cookies),
    };
    Ok(with_cookies(Json(body).into_response(), cookies))
}

/// A response that sets cookies, and that nobody keeps.
pub(super) fn with_cookies(mut response: Response, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A plain page. It goes on by itself and not by a redirect: browsers do not send a strict cookie along the way back from
/// another site.
fn page(status: StatusCode, text: &str, next: Option<&str>) -> Response {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let refresh =
        next.map(|next| format!("<meta http-equiv=\"refresh\" content=\"0;url={next}\">")).unwrap_or_default();
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Quell</title>{refresh}</head>\
         <body><p>{escaped}</p><p><a href=\"/\">Go on</a></p></body></html>"
    );
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(header::CONTENT_TYPE, kind)], html).into_response()
}
