//! Preferences of one's own, and saved views of lists, private or shared. Nothing here is about an incident.

use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use quell_model::Right;
use quell_store::ViewRow;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::params::id;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};

/// Bytes of somebody's preferences.
const PREFERENCES_BYTES_MAX: usize = 16 << 10;
/// Views that one person sees.
const VIEWS_MAX: usize = 500;

pub(super) fn routes() -> Vec<Route> {
    let own = Access::Session(Right::OwnAccount);
    vec![
        Route::api(Method::GET, "/api/v1/account/preferences", own, || get(preferences)),
        Route::api(Method::PUT, "/api/v1/account/preferences", own, || put(keep_preferences)),
        Route::api(Method::GET, "/api/v1/views", own, || get(views)),
        Route::api(Method::POST, "/api/v1/views", own, || post(save_view)),
        Route::api(Method::DELETE, "/api/v1/views/{id}", own, || delete(remove_view)),
    ]
}

/// Preferences: whatever the console keeps.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Preferences {
    /// By name.
    #[schema(value_type = Object)]
    preferences: Map<String, Value>,
}

/// A screen that has views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScreenName {
    /// All incidents.
    Incidents,
    /// The queue of alerts.
    Alerts,
    /// Stored events.
    Hunt,
    /// Rules.
    Detections,
    /// The library.
    Playbooks,
    /// Figures.
    Improve,
}

impl ScreenName {
    fn as_str(self) -> &'static str {
        match self {
            ScreenName::Incidents => "incidents",
            ScreenName::Alerts => "alerts",
            ScreenName::Hunt => "hunt",
            ScreenName::Detections => "detections",
            ScreenName::Playbooks => "playbooks",
            ScreenName::Improve => "improve",
        }
    }
}

/// A view to save.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewView {
    /// What it is called.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Of which screen.
    screen: ScreenName,
    /// What stands after `?` in its address.
    #[schema(max_length = 2000)]
    search: String,
    /// Whether everybody sees it.
    #[serde(default)]
    shared: bool,
}

/// A saved view.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SavedView {
    /// Which.
    id: String,
    /// What it is called.
    name: String,
    /// Of which screen.
    screen: String,
    /// What stands after `?` in its address.
    search: String,
    /// Whether everybody sees it.
    shared: bool,
    /// User id of who saved it.
    owner: String,
}

/// Saved views.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ViewList {
    /// One's own and shared ones, by name.
    items: Vec<SavedView>,
}

/// One's preferences.
#[utoipa::path(get, path = "/api/v1/account/preferences", tag = "account",
    responses((status = 200, body = Preferences)))]
pub(crate) async fn preferences(State(app): State<App>, caller: Caller) -> Result<Json<Preferences>, ApiError> {
    let kept = app.store.preferences(&caller.user).await?;
    let preferences = kept.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
    Ok(Json(Preferences { preferences }))
}

/// Keeps one's preferences, in place of those before.
#[utoipa::path(put, path = "/api/v1/account/preferences", tag = "account", request_body = Preferences,
    responses((status = 204)))]
pub(crate) async fn keep_preferences(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<Preferences>,
) -> Result<Response, ApiError> {
    let text = Value::Object(body.preferences).to_string();
    if text.len() > PREFERENCES_BYTES_MAX {
        return Err(ApiError::BadRequest(format!("preferences are longer than {PREFERENCES_BYTES_MAX} bytes")));
    }
    app.store.put_preferences(&caller.user, &text).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Views that one sees: one's own, and shared ones.
#[utoipa::path(get, path = "/api/v1/views", tag = "account", responses((status = 200, body = ViewList)))]
pub(crate) async fn views(State(app): State<App>, caller: Caller) -> Result<Json<ViewList>, ApiError> {
    let items = app.store.views(&caller.user).await?.into_iter().map(SavedView::from).collect();
    Ok(Json(ViewList { items }))
}

/// Saves a view.
#[utoipa::path(post, path = "/api/v1/views", tag = "account", request_body = NewView,
    responses((status = 201, body = SavedView)))]
pub(crate) async fn save_view(
    State(app): State<App>,
    caller: Caller,
    Json(new): Json<NewView>,
) -> Result<Response, ApiError> {
    let bounded = [("name", &new.name, 1..=100), ("search", &new.search, 0..=2_000)];
    for (what, text, chars) in bounded {
        if !chars.contains(&text.chars().count()) {
            return Err(ApiError::BadRequest(format!("{what} has {} to {} characters", chars.start(), chars.end())));
        }
    }
    if app.store.views(&caller.user).await?.len() >= VIEWS_MAX {
        return Err(ApiError::Unprocessable(format!("there are {VIEWS_MAX} views already; remove one first")));
    }
    let row = ViewRow {
        id: format!("view-{}", app.hex::<8>()),
        user: caller.user.clone(),
        name: new.name,
        screen: new.screen.as_str().to_owned(),
        search: new.search,
        shared: new.shared,
        created_at: app.clock.now(),
    };
    app.store.put_view(&row).await?;
    Ok((StatusCode::CREATED, Json(SavedView::from(row))).into_response())
}

/// Removes a view: one's own, or a shared one with the right to manage users.
#[utoipa::path(delete, path = "/api/v1/views/{id}", tag = "account", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn remove_view(
    State(app): State<App>,
    caller: Caller,
    Path(view): Path<String>,
) -> Result<Response, ApiError> {
    let view = id(&view, "view-", "view")?;
    let seen = app.store.views(&caller.user).await?;
    let row = seen.iter().find(|row| row.id == view).ok_or(ApiError::NotFound("view"))?;
    if row.user != caller.user {
        caller.need(Right::UsersManage)?;
    }
    app.store.remove_view(view).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl From<ViewRow> for SavedView {
    fn from(row: ViewRow) -> SavedView {
        SavedView {
            id: row.id,
            name: row.name,
            screen: row.screen,
            search: row.search,
            shared: row.shared,
            owner: row.user.to_string(),
        }
    }
}
