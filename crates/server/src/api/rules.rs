//! Detection rules: which are in force, for what, and which are not and why.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::Method;
use axum::routing::get;
use quell_detect::Rule;
use quell_model::Right;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::http::{Access, ApiError, Caller, Json, Route};

pub(super) fn routes() -> Vec<Route> {
    let read = Access::Needs(Right::AlertsRead);
    vec![
        Route::api(Method::GET, "/api/v1/rules", read, || get(list)),
        Route::api(Method::GET, "/api/v1/rules/{id}", read, || get(one)),
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
