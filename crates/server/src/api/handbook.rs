//! What content says about how incidents are worked on: frameworks, activities, the guide, taxonomies, regimes, the plan.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::Method;
use axum::routing::{get, post};
use quell_incident::guide::{AdviceView, Answers, advise};
use quell_model::Right;
use quell_model::handbook::{CommunicationPlan, Criterion, MessageTemplate, RsitType, ScoreSheet, VerisTerms};
use quell_model::process::{Activity, Framework, Guide};
use quell_model::regime::Regime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::http::{Access, ApiError, Json, Route};

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Needs(Right::IncidentsRead);
    vec![
        Route::api(Method::GET, "/api/v1/frameworks", read, || get(frameworks)),
        Route::api(Method::GET, "/api/v1/activities", read, || get(activities)),
        Route::api(Method::GET, "/api/v1/handbook", read, || get(handbook)),
        Route::api(Method::GET, "/api/v1/guide", read, || get(guide)),
        Route::api(Method::POST, "/api/v1/guide/advice", read, || post(advice)),
    ]
}

/// Frameworks: views over one set of activities.
#[utoipa::path(get, path = "/api/v1/frameworks", tag = "handbook", responses((status = 200, body = Vec<Framework>)))]
pub(crate) async fn frameworks(State(app): State<App>) -> Json<Vec<Framework>> {
    Json(app.handbook.process.frameworks.clone())
}

/// Activities: why each matters, who usually does it, what good looks like, and how the ledger shows that it is done.
#[utoipa::path(get, path = "/api/v1/activities", tag = "handbook", responses((status = 200, body = Vec<Activity>)))]
pub(crate) async fn activities(State(app): State<App>) -> Json<Vec<Activity>> {
    Json(app.handbook.process.activities.clone())
}

/// Everything else by which incidents are worked on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct HandbookView {
    /// Framework of the organisation.
    framework: String,
    /// Regimes that the organisation is under.
    own_regimes: Vec<String>,
    /// Time zone in which days begin.
    time_zone: Option<String>,
    /// Criteria on which an incident is declared.
    criteria: Vec<Criterion>,
    /// The National Cyber Incident Scoring System.
    nciss: ScoreSheet,
    /// Types of the Reference Security Incident Taxonomy.
    rsit: Vec<RsitType>,
    /// The upper levels of VERIS.
    veris: VerisTerms,
    /// Laws and contracts that set a term.
    regimes: Vec<Regime>,
    /// Who hears what, and when.
    communication: CommunicationPlan,
    /// Messages to begin from.
    templates: Vec<MessageTemplate>,
}

/// Criteria, scores, taxonomies, regimes and the communication plan.
#[utoipa::path(get, path = "/api/v1/handbook", tag = "handbook", responses((status = 200, body = HandbookView)))]
pub(crate) async fn handbook(State(app): State<App>) -> Json<HandbookView> {
    let (book, own) = (&app.handbook, &app.settings.process);
    Json(HandbookView {
        framework: own.framework.clone(),
        own_regimes: own.regimes.clone(),
        time_zone: own.calendar.zone.iana_name().map(str::to_owned),
        criteria: book.criteria.clone(),
        nciss: book.sheet.clone(),
        rsit: book.rsit.clone(),
        veris: book.veris.clone(),
        regimes: book.regimes.clone(),
        communication: book.plan.clone(),
        templates: book.templates.clone(),
    })
}

/// The guide for choosing a framework: what it asks, and what the answers favour.
#[utoipa::path(get, path = "/api/v1/guide", tag = "handbook", responses((status = 200, body = Guide)))]
pub(crate) async fn guide(State(app): State<App>) -> Json<Guide> {
    Json(Guide::clone(&app.guide))
}

/// Answers to the guide.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuideAnswers {
    /// Id of an answer by id of a factor; what is left out is not answered.
    #[serde(default)]
    answers: BTreeMap<String, String>,
    /// Weights that are not those of the guide, by id of a factor, from 0 to 100.
    #[serde(default)]
    weights: BTreeMap<String, f64>,
    /// Family of frameworks that a law, a contract or a certificate asks for.
    required: Option<String>,
}

/// Weighs answers: which framework fits, why, and what would change that.
#[utoipa::path(post, path = "/api/v1/guide/advice", tag = "handbook", request_body = GuideAnswers,
    responses((status = 200, body = AdviceView)))]
pub(crate) async fn advice(
    State(app): State<App>,
    Json(given): Json<GuideAnswers>,
) -> Result<Json<AdviceView>, ApiError> {
    let answers = Answers { given: given.answers, weights: given.weights, mandate: given.required };
    let advice = advise(&app.guide, &answers).map_err(|error| ApiError::Unprocessable(error.to_string()))?;
    Ok(Json(AdviceView::from(&advice)))
}
