//! Teams.

use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use quell_model::{Right, TeamId};
use quell_store::TeamRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};

/// Routes of this part.
pub(crate) fn routes() -> Vec<Route> {
    let manage = Access::Needs(Right::UsersManage);
    vec![
        Route::api(Method::GET, "/api/v1/teams", Access::Needs(Right::UsersRead), || get(list_teams)),
        Route::api(Method::POST, "/api/v1/teams", manage, || post(create_team)),
        Route::api(Method::PATCH, "/api/v1/teams/{id}", manage, || patch(rename_team)),
    ]
}

/// A team.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Team {
    /// Which.
    #[schema(value_type = String)]
    id: TeamId,
    /// Its name.
    name: String,
}

impl From<TeamRow> for Team {
    fn from(row: TeamRow) -> Team {
        Team { id: row.id, name: row.name }
    }
}

/// All teams.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Teams {
    /// By name.
    items: Vec<Team>,
}

/// The name of a team.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TeamName {
    /// Its name.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// All teams.
#[utoipa::path(get, path = "/api/v1/teams", tag = "teams", responses((status = 200, body = Teams)))]
pub(crate) async fn list_teams(State(app): State<App>) -> Result<Json<Teams>, ApiError> {
    let items = app.access.teams().await?.into_iter().map(Team::from).collect();
    Ok(Json(Teams { items }))
}

/// Makes a team.
#[utoipa::path(post, path = "/api/v1/teams", tag = "teams", request_body = TeamName,
    responses((status = 201, body = Team)))]
pub(crate) async fn create_team(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<TeamName>,
) -> Result<Response, ApiError> {
    let team = app.access.create_team(&caller, &body.name).await?;
    Ok((StatusCode::CREATED, Json(Team::from(team))).into_response())
}

/// Gives a team another name.
#[utoipa::path(patch, path = "/api/v1/teams/{id}", tag = "teams", params(("id" = String, Path)),
    request_body = TeamName, responses((status = 200, body = Team)))]
pub(crate) async fn rename_team(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<TeamName>,
) -> Result<Json<Team>, ApiError> {
    Ok(Json(Team::from(app.access.rename_team(&caller, &TeamId::new(id), &body.name).await?)))
}
