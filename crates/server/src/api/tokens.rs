//! One's own API tokens. Only a session can make or revoke them.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use quell_model::{Right, Timestamp, TokenId};
use quell_store::TokenRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sign_in::with_cookies;
use crate::App;
use crate::access::NewToken;
use crate::http::{Access, ApiError, Caller, Json, Route};

/// Routes of this part.
pub(crate) fn routes() -> Vec<Route> {
    let own = Access::Session(Right::OwnAccount);
    vec![
        Route::api(Method::GET, "/api/v1/account/tokens", own, || get(list_tokens)),
        Route::api(Method::POST, "/api/v1/account/tokens", own, || post(issue_token)),
        Route::api(Method::DELETE, "/api/v1/account/tokens/{id}", own, || delete(revoke_token)),
    ]
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Token {
    /// Which.
    #[schema(value_type = String)]
    id: TokenId,
    /// What its owner calls it.
    label: String,
    /// What it may do, as far as its owner may.
    #[schema(value_type = Vec<String>)]
    rights: BTreeSet<Right>,
    /// The only source it may deliver for.
    source: Option<String>,
    /// When it was issued.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// When it was last used, roughly.
    #[schema(value_type = Option<String>, format = DateTime)]
    used_at: Option<Timestamp>,
    /// Whether it was revoked.
    revoked: bool,
}

impl From<TokenRow> for Token {
    fn from(row: TokenRow) -> Token {
        Token {
            id: row.id,
            label: row.label,
            rights: row.rights,
            source: row.source,
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
            revoked: row.revoked,
        }
    }
}

/// All tokens of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tokens {
    /// Newest first.
    items: Vec<Token>,
}

/// A token that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssueToken {
    /// What its owner calls it.
    #[schema(min_length = 1, max_length = 100)]
    label: String,
    /// What it may do; nothing that its owner may not.
    #[schema(value_type = Vec<String>)]
    rights: BTreeSet<Right>,
    /// The only source it may deliver for.
    source: Option<String>,
    /// When it ends, within 366 days.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// A token with its secret. It is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedToken {
    /// The token.
    token: Token,
    /// What is sent as `Authorization: Bearer …`.
    secret: String,
}

/// Tokens of the caller.
#[utoipa::path(get, path = "/api/v1/account/tokens", tag = "account", responses((status = 200, body = Tokens)))]
pub(crate) async fn list_tokens(State(app): State<App>, caller: Caller) -> Result<Json<Tokens>, ApiError> {
    let items = app.access.tokens(&caller).await?.into_iter().map(Token::from).collect();
    Ok(Json(Tokens { items }))
}

/// Issues a token.
#[utoipa::path(post, path = "/api/v1/account/tokens", tag = "account", request_body = IssueToken,
    responses((status = 201, body = IssuedToken)))]
pub(crate) async fn issue_token(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<IssueToken>,
) -> Result<Response, ApiError> {
    let IssueToken { label, rights, source, expires_at } = body;
    let (row, secret) = app.access.issue_token(&caller, NewToken { label, rights, source, expires_at }).await?;
    let body = Json(IssuedToken { token: Token::from(row), secret });
    Ok(with_cookies((StatusCode::CREATED, body).into_response(), None))
}

/// Revokes a token.
#[utoipa::path(delete, path = "/api/v1/account/tokens/{id}", tag = "account", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn revoke_token(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    app.access.revoke_token(&caller, &TokenId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
