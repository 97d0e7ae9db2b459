//! Users, as administrators see and change them.

use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use quell_model::{Right, Role, TeamId, UserId};
use quell_store::UserRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sign_in::with_cookies;
use crate::App;
use crate::access::{NewUser, UserChange};
use crate::http::{Access, ApiError, Caller, Json, Route};

/// Routes of this part.
pub(crate) fn routes() -> Vec<Route> {
    let read = Access::Needs(Right::UsersRead);
    let manage = Access::Needs(Right::UsersManage);
    vec![
        Route::api(Method::GET, "/api/v1/users", read, || get(list_users)),
        Route::api(Method::POST, "/api/v1/users", manage, || post(create_user)),
        Route::api(Method::GET, "/api/v1/users/{id}", read, || get(read_user)),
        Route::api(Method::PATCH, "/api/v1/users/{id}", manage, || patch(change_user)),
        Route::api(Method::POST, "/api/v1/users/{id}/reset", manage, || post(reset_user)),
    ]
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct User {
    /// Which.
    #[schema(value_type = String)]
    id: UserId,
    /// What is typed to sign in.
    login: String,
    /// What others see.
    display_name: String,
    /// What they may do.
    #[schema(value_type = String)]
    role: Role,
    /// Their teams.
    #[schema(value_type = Vec<String>)]
    teams: Vec<TeamId>,
    /// Whether they can sign in.
    enabled: bool,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> User {
        let account = row.account;
        User {
            id: row.id,
            login: account.login,
            display_name: account.display_name,
            role: account.role,
            teams: account.teams.into_iter().collect(),
            enabled: account.enabled,
        }
    }
}

/// All users.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Users {
    /// By login name.
    items: Vec<User>,
}

/// A user who is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateUser {
    /// What is typed to sign in.
    #[schema(min_length = 1, max_length = 64)]
    login: String,
    /// What others see.
    #[schema(min_length = 1, max_length = 100)]
    display_name: String,
    /// What they may do.
    #[schema(value_type = String)]
    role: Role,
    /// Their teams.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    teams: Vec<TeamId>,
}

/// A user and the secret of their link. It is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invited {
    /// Who.
    user: User,
    /// With this they set a password, within 72 hours.
    invitation_secret: String,
}

/// What is to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeUser {
    /// What others see.
    #[schema(min_length = 1, max_length = 100)]
    display_name: Option<String>,
    /// What they may do.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// All their teams.
    #[schema(value_type = Option<Vec<String>>)]
    teams: Option<Vec<TeamId>>,
    /// Whether they can sign in.
    enabled: Option<bool>,
}

/// How a user is reset.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetUser {
    /// Whether their second factors go too, because they lost them.
    #[serde(default)]
    remove_factors: bool,
}

/// The secret of a link. It is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitation {
    /// With this they set a password, within 72 hours.
    invitation_secret: String,
}

/// All users.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", responses((status = 200, body = Users)))]
pub(crate) async fn list_users(State(app): State<App>) -> Result<Json<Users>, ApiError> {
    let items = app.access.users().await?.into_iter().map(User::from).collect();
    Ok(Json(Users { items }))
}

/// Makes a user.
#[utoipa::path(post, path = "/api/v1/users", tag = "users", request_body = CreateUser,
    responses((status = 201, body = Invited)))]
pub(crate) async fn create_user(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<CreateUser>,
) -> Result<Response, ApiError> {
    let CreateUser { login, display_name, role, teams } = body;
    let new = NewUser { login, display_name, role, teams: teams.into_iter().collect() };
    let (user, invitation_secret) = app.access.create_user(&caller, new).await?;
    let body = Json(Invited { user: User::from(user), invitation_secret });
    Ok(with_cookies((StatusCode::CREATED, body).into_response(), None))
}

/// One user.
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = User)))]
pub(crate) async fn read_user(State(app): State<App>, Path(id): Path<String>) -> Result<Json<User>, ApiError> {
    Ok(Json(User::from(app.access.user(&UserId::new(id)).await?)))
}

/// Changes a user.
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "users", params(("id" = String, Path)),
    request_body = ChangeUser, responses((status = 200, body = User)))]
pub(crate) async fn change_user(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<ChangeUser>,
) -> Result<Json<User>, ApiError> {
    let ChangeUser { display_name, role, teams, enabled } = body;
    let change = UserChange { display_name, role, teams: teams.map(|teams| teams.into_iter().collect()), enabled };
    Ok(Json(User::from(app.access.change_user(&caller, &UserId::new(id), change).await?)))
}

/// Makes a link with which a user sets a new password.
#[utoipa::path(post, path = "/api/v1/users/{id}/reset", tag = "users", params(("id" = String, Path)),
    request_body = ResetUser, responses((status = 200, body = Invitation)))]
pub(crate) async fn reset_user(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<ResetUser>,
) -> Result<Response, ApiError> {
    let invitation_secret = app.access.reset_user(&caller, &UserId::new(id), body.remove_factors).await?;
    Ok(with_cookies(Json(Invitation { invitation_secret }).into_response(), None))
}
