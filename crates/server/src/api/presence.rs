//! Who else looks at an incident.

use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::put;
use quell_model::{IncidentId, Right};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::params::short;
use super::work::worked;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};
use crate::presence::Present;

const PLACE_CHARS_MAX: usize = 40;

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Session(Right::IncidentsRead);
    vec![Route::api(Method::PUT, "/api/v1/incidents/{id}/presence", read, || put(say_here))]
}

/// Where somebody is.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Here {
    /// Part of the incident that they look at, such as `notes`.
    #[schema(max_length = 40)]
    place: String,
}

/// Somebody who looks at the incident.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PresentView {
    /// User id.
    user: String,
    /// Name.
    display_name: String,
    /// Part of the incident that they look at.
    place: String,
}

/// Who else is there.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PresentList {
    /// By user id.
    items: Vec<PresentView>,
}

/// Says that one looks at an incident, and answers who else does. It holds for 45 seconds, and is written down nowhere.
#[utoipa::path(put, path = "/api/v1/incidents/{id}/presence", tag = "incidents", params(("id" = String, Path)),
    request_body = Here, responses((status = 200, body = PresentList)))]
pub(crate) async fn say_here(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Json(here): Json<Here>,
) -> Result<Json<PresentList>, ApiError> {
    short([("place", Some(&here.place), PLACE_CHARS_MAX)])?;
    worked(&app, &caller, &incident, None).await?;
    let here = Present { user: caller.user.clone(), place: here.place };
    let mut items = Vec::new();
    for other in app.presence.note(&IncidentId::new(&incident), here, app.clock.now()) {
        let Some(known) = app.store.user(&other.user).await? else { continue };
        let display_name = known.account.display_name;
        items.push(PresentView { user: other.user.to_string(), display_name, place: other.place });
    }
    Ok(Json(PresentList { items }))
}
