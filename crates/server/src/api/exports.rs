//! Incidents for other programs: STIX 2.1 and VERIS. Everything as JSON is the work itself, and the bundle.

use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::get;
use quell_incident::work::Tlp;
use quell_model::Right;
use quell_report::{stix, veris};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::reports::Gathered;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Params, Route};

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Needs(Right::IncidentsRead);
    vec![Route::api(Method::GET, "/api/v1/incidents/{id}/export", read, || get(export))]
}

/// Form of an export.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExportForm {
    /// A bundle of STIX 2.1.
    Stix,
    /// A record of VERIS 1.4.
    Veris,
}

/// Which export.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportParams {
    /// Its form.
    #[param(inline)]
    form: ExportForm,
    /// Its marking; `amber+strict` if not given.
    #[param(inline)]
    tlp: Option<Tlp>,
}

/// An incident in a form that other programs read. Indicators are as they are, not defanged.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/export", tag = "evidence",
    params(("id" = String, Path), ExportParams),
    responses((status = 200, description = "A STIX bundle or a VERIS record", body = Object)))]
pub(crate) async fn export(
    State(app): State<App>,
    caller: Caller,
    Path(incident): Path<String>,
    Params(params): Params<ExportParams>,
) -> Result<Json<Value>, ApiError> {
    let gathered = Gathered::of(&app, &caller, &incident).await?;
    Ok(Json(match params.form {
        ExportForm::Stix => stix(&gathered.dossier(), params.tlp.unwrap_or(Tlp::AmberStrict)),
        ExportForm::Veris => veris(&gathered.dossier(), &app.handbook.veris),
    }))
}
