//! One's own account: who one is, password, sessions, second factors.

use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use quell_incident::FactorKind;
use quell_model::{Right, SessionId, Timestamp};
use quell_store::{FactorRow, SessionRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::sign_in::{PasskeyOptions, with_cookies};
use super::users::User;
use crate::App;
use crate::access::Visit;
use crate::http::{Access, ApiError, Caller, Credential, Json, Route};

/// Routes of this part.
pub(crate) fn routes() -> Vec<Route> {
    let own = Access::Session(Right::OwnAccount);
    vec![
        Route::api(Method::GET, "/api/v1/account", own, || get(read_account)),
        Route::api(Method::PUT, "/api/v1/account/password", own, || put(change_password)),
        Route::api(Method::POST, "/api/v1/account/confirm", own, || post(confirm)),
        Route::api(Method::GET, "/api/v1/account/sessions", own, || get(list_sessions)),
        Route::api(Method::DELETE, "/api/v1/account/sessions/{id}", own, || delete(end_session)),
        Route::api(Method::GET, "/api/v1/account/factors", own, || get(list_factors)),
        Route::api(Method::DELETE, "/api/v1/account/factors/{id}", own, || delete(remove_factor)),
        Route::api(Method::POST, "/api/v1/account/factors/totp/begin", own, || post(offer_totp)),
        Route::api(Method::POST, "/api/v1/account/factors/totp/finish", own, || post(add_totp)),
        Route::api(Method::POST, "/api/v1/account/factors/webauthn/begin", own, || post(offer_passkey)),
        Route::api(Method::POST, "/api/v1/account/factors/webauthn/finish", own, || post(add_passkey)),
        Route::api(Method::POST, "/api/v1/account/recovery-codes", own, || post(renew_codes)),
        Route::api(Method::POST, "/api/v1/account/identity", own, || post(bind_identity)),
    ]
}

/// Who one is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Account {
    /// The user.
    user: User,
    /// What one may do.
    rights: Vec<&'static str>,
    /// Whether the session is young enough to change second factors.
    fresh: bool,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// Which.
    #[schema(value_type = String)]
    id: SessionId,
    /// Whether it is the one that asks.
    current: bool,
    /// How one signed in.
    method: String,
    /// From where.
    address: String,
    /// With what program, as it says.
    agent: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used, roughly.
    #[schema(value_type = String, format = DateTime)]
    used_at: Timestamp,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// All sessions of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sessions {
    /// Newest first.
    items: Vec<Session>,
}

/// A second factor, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignInFactor)]
pub(crate) struct Factor {
    /// Which.
    id: String,
    /// `totp` or `webauthn`.
    #[schema(value_type = String)]
    kind: FactorKind,
    /// What its owner calls it.
    label: String,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// All second factors of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Factors {
    /// Oldest first.
    items: Vec<Factor>,
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    /// The one until now.
    #[schema(max_length = 1024)]
    current: String,
    /// At least 12 characters.
    #[schema(min_length = 12, max_length = 1024)]
    new: String,
}

/// The password, once more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirm {
    /// The password.
    #[schema(max_length = 1024)]
    password: String,
}

/// The secret of an app. It is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpSecret {
    /// What people type.
    secret: String,
    /// What apps scan.
    otpauth_uri: String,
}

/// The first code of an app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddTotp {
    /// What its owner calls it.
    #[serde(default = "app_label")]
    #[schema(min_length = 1, max_length = 100)]
    label: String,
    /// What the app shows.
    #[schema(max_length = 64)]
    code: String,
}

/// A new passkey.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddPasskey {
    /// What its owner calls it.
    #[schema(min_length = 1, max_length = 100)]
    label: String,
    /// What `navigator.credentials.create` gave, as JSON.
    #[schema(value_type = Object)]
    credential: Value,
}

/// Recovery codes. They are shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// Each works once; empty if there are codes from before.
    recovery_codes: Vec<String>,
}

/// Where the browser goes on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GoTo {
    /// An address of the provider.
    url: String,
}

fn app_label() -> String {
    "app".to_owned()
}

/// Who one is.
#[utoipa::path(get, path = "/api/v1/account", tag = "account", responses((status = 200, body = Account)))]
pub(crate) async fn read_account(State(app): State<App>, caller: Caller) -> Result<Json<Account>, ApiError> {
    let user = User::from(app.access.account(&caller).await?);
    let fresh = app.access.fresh_session(&caller).await.is_ok();
    Ok(Json(Account { user, rights: caller.rights.iter().map(|right| right.as_str()).collect(), fresh }))
}

/// Sets another password; other sessions end.
#[utoipa::path(put, path = "/api/v1/account/password", tag = "account", request_body = ChangePassword,
    responses((status = 204)))]
pub(crate) async fn change_password(
    State(app): State<App>,
    caller: Caller,
    visit: Visit,
    Json(body): Json<ChangePassword>,
) -> Result<Response, ApiError> {
    let cookie = app.access.change_password(&caller, &visit, body.current, body.new).await?;
    Ok(with_cookies(StatusCode::NO_CONTENT.into_response(), Some(cookie)))
}

/// Shows the password once more, for what needs a fresh session.
#[utoipa::path(post, path = "/api/v1/account/confirm", tag = "account", request_body = Confirm,
    responses((status = 204)))]
pub(crate) async fn confirm(
    State(app): State<App>,
    caller: Caller,
    visit: Visit,
    Json(body): Json<Confirm>,
) -> Result<Response, ApiError> {
    let cookie = app.access.confirm(&caller, &visit, body.password).await?;
    Ok(with_cookies(StatusCode::NO_CONTENT.into_response(), Some(cookie)))
}

/// Sessions of the caller.
#[utoipa::path(get, path = "/api/v1/account/sessions", tag = "account", responses((status = 200, body = Sessions)))]
pub(crate) async fn list_sessions(State(app): State<App>, caller: Caller) -> Result<Json<Sessions>, ApiError> {
    let rows = app.access.sessions(&caller).await?;
    let items = rows.into_iter().map(|row| session(row, &caller.credential)).collect();
    Ok(Json(Sessions { items }))
}

/// Ends a session.
#[utoipa::path(delete, path = "/api/v1/account/sessions/{id}", tag = "account", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn end_session(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    app.access.end_session(&caller, &SessionId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Second factors of the caller.
#[utoipa::path(get, path = "/api/v1/account/factors", tag = "account", responses((status = 200, body = Factors)))]
pub(crate) async fn list_factors(State(app): State<App>, caller: Caller) -> Result<Json<Factors>, ApiError> {
    let items = app.access.factors(&caller).await?.into_iter().map(factor).collect();
    Ok(Json(Factors { items }))
}

/// Removes a second factor; needs a fresh session.
#[utoipa::path(delete, path = "/api/v1/account/factors/{id}", tag = "account", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn remove_factor(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    app.access.remove_factor(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Offers a secret for an app; needs a fresh session.
#[utoipa::path(post, path = "/api/v1/account/factors/totp/begin", tag = "account",
    responses((status = 200, body = TotpSecret)))]
pub(crate) async fn offer_totp(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    let offer = app.access.offer_totp(&caller).await?;
    let body = TotpSecret { secret: offer.secret, otpauth_uri: offer.uri };
    Ok(with_cookies(Json(body).into_response(), None))
}

/// Adds the app that shows the right code.
#[utoipa::path(post, path = "/api/v1/account/factors/totp/finish", tag = "account", request_body = AddTotp,
    responses((status = 200, body = RecoveryCodes)))]
pub(crate) async fn add_totp(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<AddTotp>,
) -> Result<Response, ApiError> {
    Ok(recovery(app.access.add_totp(&caller, &body.label, &body.code).await?))
}

/// Begins to make a passkey; needs a fresh session.
#[utoipa::path(post, path = "/api/v1/account/factors/webauthn/begin", tag = "account",
    responses((status = 200, body = PasskeyOptions)))]
pub(crate) async fn offer_passkey(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    let options = PasskeyOptions::from(app.access.offer_passkey(&caller).await?);
    Ok(with_cookies(Json(options).into_response(), None))
}

/// Adds a passkey.
#[utoipa::path(post, path = "/api/v1/account/factors/webauthn/finish", tag = "account", request_body = AddPasskey,
    responses((status = 200, body = RecoveryCodes)))]
pub(crate) async fn add_passkey(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<AddPasskey>,
) -> Result<Response, ApiError> {
    Ok(recovery(app.access.add_passkey(&caller, &body.label, &body.credential).await?))
}

/// Makes new recovery codes; those before stop working. Needs a fresh session.
#[utoipa::path(post, path = "/api/v1/account/recovery-codes", tag = "account",
    responses((status = 200, body = RecoveryCodes)))]
pub(crate) async fn renew_codes(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    Ok(recovery(app.access.renew_codes(&caller).await?))
}

/// Begins to bind the account to an identity of the OpenID Connect provider; needs a fresh session.
#[utoipa::path(post, path = "/api/v1/account/identity", tag = "account", responses((status = 200, body = GoTo)))]
pub(crate) async fn bind_identity(State(app): State<App>, caller: Caller, visit: Visit) -> Result<Response, ApiError> {
    app.access.fresh_session(&caller).await?;
    let (url, cookie) = app.access.begin_at_provider(&visit, Some(caller.user.clone())).await?;
    Ok(with_cookies(Json(GoTo { url }).into_response(), Some(cookie)))
}

fn recovery(recovery_codes: Vec<String>) -> Response {
    with_cookies(Json(RecoveryCodes { recovery_codes }).into_response(), None)
}

fn session(row: SessionRow, asking: &Credential) -> Session {
    Session {
        current: matches!(asking, Credential::Session(id) if *id == row.id),
        id: row.id,
        method: row.method,
        address: row.address,
        agent: row.agent,
        created_at: row.created_at,
        used_at: row.used_at,
        expires_at: row.expires_at,
    }
}

fn factor(row: FactorRow) -> Factor {
    Factor { id: row.id, kind: row.kind, label: row.label, created_at: row.created_at }
}
