//! The first user, and links with which a user sets a password.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sign_in::entered;
use crate::App;
use crate::access::{FirstUser, Visit};
use crate::http::{Access, ApiError, Json, Route};

/// Routes of this part.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::api(Method::GET, "/api/v1/sign-in-options", Access::Public, || get(sign_in_options)),
        Route::api(Method::POST, "/api/v1/setup", Access::Public, || post(set_up)),
        Route::api(Method::POST, "/api/v1/invitations/accept", Access::Public, || post(accept_invitation)),
    ]
}

/// How one can sign in here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignInOptions {
    /// Name of the OpenID Connect provider; null if there is none.
    oidc: Option<String>,
    /// Whether passkeys work at this address.
    passkeys: bool,
    /// Whether there is no user yet.
    setup_needed: bool,
}

/// The first user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetUp {
    /// The secret that the server printed.
    #[schema(max_length = 100)]
    secret: String,
    /// What is typed to sign in.
    #[schema(min_length = 1, max_length = 64)]
    login: String,
    /// What others see.
    #[schema(min_length = 1, max_length = 100)]
    display_name: String,
    /// At least 12 characters.
    #[schema(min_length = 12, max_length = 1024)]
    password: String,
}

/// A password, set with a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptInvitation {
    /// The secret of the link.
    #[schema(max_length = 100)]
    secret: String,
    /// At least 12 characters.
    #[schema(min_length = 12, max_length = 1024)]
    password: String,
}

/// How one can sign in here.
#[utoipa::path(get, path = "/api/v1/sign-in-options", tag = "sign-in", security(()),
    responses((status = 200, body = SignInOptions)))]
pub(crate) async fn sign_in_options(State(app): State<App>) -> Result<Json<SignInOptions>, ApiError> {
    Ok(Json(SignInOptions {
        oidc: app.access.provider_name(),
        passkeys: app.access.has_passkeys(),
        setup_needed: app.access.setup_needed().await?,
    }))
}

/// Makes the first user, an administrator, and signs them in.
#[utoipa::path(post, path = "/api/v1/setup", tag = "sign-in", security(()), request_body = SetUp,
    responses((status = 200, body = super::sign_in::SignedIn)))]
pub(crate) async fn set_up(
    State(app): State<App>,
    visit: Visit,
    Json(body): Json<SetUp>,
) -> Result<Response, ApiError> {
    let SetUp { secret, login, display_name, password } = body;
    entered(app.access.set_up(&visit, &secret, FirstUser { login, display_name, password }).await?)
}

/// Sets a password with the secret of a link.
#[utoipa::path(post, path = "/api/v1/invitations/accept", tag = "sign-in", security(()), request_body = AcceptInvitation,
    responses((status = 204)))]
pub(crate) async fn accept_invitation(
    State(app): State<App>,
    visit: Visit,
    Json(body): Json<AcceptInvitation>,
) -> Result<Response, ApiError> {
    app.access.accept(&visit, &body.secret, body.password).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
