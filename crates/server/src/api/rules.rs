//! Detection rules: which are in force, for what, and which are not and why.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::{get, post};
use quell_detect::Rule;
use quell_engine::Trial;
use quell_model::Right;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::params::short;
use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};

const TEXT_CHARS_MAX: usize = 60_000;

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Needs(Right::AlertsRead);
    vec![
        Route::api(Method::GET, "/api/v1/rules", read, || get(list)),
        Route::api(Method::GET, "/api/v1/rules/{id}", read, || get(one)),
        Route { remembered: false, ..Route::api(Method::POST, "/api/v1/rules/check", read, || post(check)) },
    ]
}

/// A rule in force.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RuleView {
    /// Id.
    id: String,
    /// Title.
    title: String,
    /// `informational` to `critical`.
    level: &'static str,
    /// Sigma tags, such as `attack.t1059.001`.
    tags: Vec<String>,
    /// What it finds and why that matters.
    description: String,
    /// Known benign causes.
    false_positives: Vec<String>,
    /// First thing to do, where the rule says so.
    response: Option<String>,
    /// File it came from.
    file: String,
    /// Product, category and service that it is for; `*` for any.
    log_source: String,
    /// Whether some known source can bring events for it.
    has_source: bool,
}

/// A rule document that is not in force.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RefusedRuleView {
    /// File it came from.
    file: String,
    /// What is wrong with it.
    reason: String,
}

/// Detection rules.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RuleList {
    /// Rules in force, by title.
    items: Vec<RuleView>,
    /// Documents that are not in force.
    refused: Vec<RefusedRuleView>,
}

/// A rule with its text.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RuleDetail {
    /// The rule.
    #[serde(flatten)]
    rule: RuleView,
    /// Its Sigma text, if it is one of our own pack; others stay in their files.
    text: Option<&'static str>,
}

/// All detection rules: in force, and refused with the reason.
#[utoipa::path(get, path = "/api/v1/rules", tag = "rules", responses((status = 200, body = RuleList)))]
pub(crate) async fn list(State(app): State<App>, _caller: Caller) -> Json<RuleList> {
    let without = without_source(&app);
    let mut items: Vec<RuleView> = app.knowledge.rules().iter().map(|rule| view(rule, &without)).collect();
    items.sort_by(|a, b| a.title.cmp(&b.title));
    let refused = app.knowledge.refused().iter();
    let refused = refused.map(|error| RefusedRuleView { file: error.file.clone(), reason: error.reason.clone() });
    Json(RuleList { items, refused: refused.collect() })
}

/// One rule.
#[utoipa::path(get, path = "/api/v1/rules/{id}", tag = "rules", params(("id" = String, Path)),
    responses((status = 200, body = RuleDetail)))]
pub(crate) async fn one(
    State(app): State<App>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RuleDetail>, ApiError> {
    let rule = app.knowledge.rules().iter().find(|rule| rule.meta.id == id).ok_or(ApiError::NotFound("rule"))?;
    Ok(Json(RuleDetail { rule: view(rule, &without_source(&app)), text: quell_content::file(&rule.file) }))
}

/// A Sigma text.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleText {
    /// One document or several.
    #[schema(max_length = 60000)]
    text: String,
}

/// What a Sigma text says.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RuleCheck {
    /// Its rules; none as long as something is wrong.
    items: Vec<RuleView>,
    /// What is wrong.
    refused: Vec<String>,
}

/// Reads a Sigma text as the server reads files of `rules.folders` when it starts, which is how rules come into force. Filters and ids
/// that are in force are not looked at.
#[utoipa::path(post, path = "/api/v1/rules/check", tag = "rules", request_body = RuleText,
    responses((status = 200, body = RuleCheck)))]
pub(crate) async fn check(
    State(app): State<App>,
    _caller: Caller,
    Json(asked): Json<RuleText>,
) -> Result<Json<RuleCheck>, ApiError> {
    let _room = app.trials.acquire().await.map_err(|error| ApiError::Internal(error.to_string()))?;
    let trial = match read(&app, asked.text).await? {
        Ok(trial) => trial,
        Err(refused) => return Ok(Json(RuleCheck { items: Vec::new(), refused })),
    };
    let without = BTreeSet::new();
    let has_source = |rule: &Rule| app.knowledge.mappings().log_sources().any(|source| rule.applies_to(&source));
    let views = trial
        .rules(&app.knowledge)
        .iter()
        .map(|rule| RuleView { has_source: has_source(rule), ..view(rule, &without) });
    Ok(Json(RuleCheck { items: views.collect(), refused: Vec::new() }))
}

/// Rules of a text, for a search.
///
/// # Errors
/// What is wrong with it.
pub(super) async fn trial(app: &App, text: String) -> Result<Trial, ApiError> {
    read(app, text).await?.map_err(|refused| ApiError::Unprocessable(refused.join("; ")))
}

async fn read(app: &App, text: String) -> Result<Result<Trial, Vec<String>>, ApiError> {
    short([("the text of rules", Some(&text), TEXT_CHARS_MAX)])?;
    let knowledge = Arc::clone(&app.knowledge);
    let trial = tokio::task::spawn_blocking(move || knowledge.trial(&text)).await;
    let trial = trial.map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(trial.map_err(|refused| match refused.as_slice() {
        [] => vec!["there is no rule in it".to_owned()],
        refused => refused.iter().map(|error| error.reason.clone()).collect(),
    }))
}

fn without_source(app: &App) -> BTreeSet<String> {
    app.knowledge.without_source().into_iter().map(|(id, _)| id).collect()
}

fn view(rule: &Rule, without_source: &BTreeSet<String>) -> RuleView {
    let source = &rule.log_source;
    let parts = [&source.product, &source.category, &source.service].map(|part| part.as_deref().unwrap_or("*"));
    RuleView {
        id: rule.meta.id.clone(),
        title: rule.meta.title.clone(),
        level: rule.meta.level.as_str(),
        tags: rule.meta.tags.clone(),
        description: rule.description.clone(),
        false_positives: rule.false_positives.clone(),
        response: rule.response.clone(),
        file: rule.file.clone(),
        log_source: parts.join("/"),
        has_source: !without_source.contains(&rule.meta.id),
    }
}
