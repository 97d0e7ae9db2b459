//! Figures over incidents.

use axum::extract::State;
use axum::http::Method;
use axum::routing::get;
use quell_incident::metric::{self, Course, Figures};
use quell_model::Right;
use quell_store::{PageQuery, Sort};
use utoipa::ToSchema;

use super::incident_views::IncidentParams;
use super::work::deadlines;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Params, Route};

/// Incidents that are read at once.
const CHUNK: u32 = 100;
/// Most incidents that figures are worked out over, the newest.
const INCIDENTS_MAX: usize = 20_000;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::api(Method::GET, "/api/v1/metrics/incidents", Access::Needs(Right::IncidentsRead), || get(incidents))]
}

/// Figures, and what they are about.
#[derive(Debug, Clone, serde::Serialize, ToSchema)]
pub(crate) struct FiguresView {
    /// More incidents fit than these: only the newest 20,000 were counted.
    cut: bool,
    /// The figures.
    #[serde(flatten)]
    figures: Figures,
}

/// How long incidents take, from what to what; and how good the work on them is. About all that the caller sees.
#[utoipa::path(get, path = "/api/v1/metrics/incidents", tag = "incidents", params(IncidentParams),
    responses((status = 200, body = FiguresView)))]
pub(crate) async fn incidents(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<IncidentParams>,
) -> Result<Json<FiguresView>, ApiError> {
    let (filter, now) = (params.filter()?, app.clock.now());
    let mut page = PageQuery { limit: CHUNK, sort: Sort::Newest, ..PageQuery::default() };
    let mut courses: Vec<Course> = Vec::new();
    loop {
        let histories = app.store.histories(&caller.viewer(), &filter, &page).await?;
        for history in &histories.items {
            courses.push(Course::of(&metric::History {
                id: &history.id,
                incident: &history.incident,
                opened: (history.opened.0, &history.opened.1),
                statuses: &history.statuses,
                assigned: history.assigned,
                work: &history.work,
                deadlines: &deadlines(&app, &history.work, None),
                now,
            }));
        }
        page.cursor = histories.next;
        if page.cursor.is_none() || courses.len() >= INCIDENTS_MAX {
            break;
        }
    }
    Ok(Json(FiguresView { cut: page.cursor.is_some(), figures: metric::figures(&courses, now) }))
}
