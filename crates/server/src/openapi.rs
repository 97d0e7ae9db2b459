//! The description of the API, OpenAPI 3.1: made from the types and handlers, and completed from the table of routes, so that
//! what it says of rights and problems is what the router does.

use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::api;
use crate::http::Access;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Quell",
        description = "Incident response: the API of a live Quell.",
        license(name = "Apache-2.0 OR MIT")
    ),
    paths(
        api::setup::sign_in_options,
        api::setup::set_up,
        api::setup::accept_invitation,
        api::sign_in::sign_in,
        api::sign_in::enter_totp,
        api::sign_in::enter_recovery,
        api::sign_in::ask_passkey,
        api::sign_in::enter_passkey,
        api::sign_in::sign_out,
        api::account::read_account,
        api::account::change_password,
        api::account::confirm,
        api::account::list_sessions,
        api::account::end_session,
        api::account::list_factors,
        api::account::remove_factor,
        api::account::offer_totp,
        api::account::add_totp,
        api::account::offer_passkey,
        api::account::add_passkey,
        api::account::renew_codes,
        api::account::bind_identity,
        api::preferences::preferences,
        api::preferences::keep_preferences,
        api::preferences::views,
        api::preferences::save_view,
        api::preferences::remove_view,
        api::pads::exchange,
        api::pads::save,
        api::pads::throw_away,
        api::presence::say_here,
        api::reach::held,
        api::drafts::check,
        api::drafts::play,
        api::tokens::list_tokens,
        api::tokens::issue_token,
        api::tokens::revoke_token,
        api::users::list_users,
        api::users::create_user,
        api::users::read_user,
        api::users::change_user,
        api::users::reset_user,
        api::teams::list_teams,
        api::teams::create_team,
        api::teams::rename_team,
        api::incidents::list,
        api::incidents::counts,
        api::incidents::one,
        api::incidents::change,
        api::incidents::bulk,
        api::incidents::story,
        api::incidents::report,
        api::incidents::entries,
        api::incidents::note,
        api::incidents::restrict,
        api::incidents::unrestrict,
        api::incidents::break_glass,
        api::triage::create,
        api::triage::take,
        api::triage::merge,
        api::carry::import,
        api::carry::open_bundle,
        api::metrics::incidents,
        api::now::now,
        api::communication::plan,
        api::communication::draft,
        api::directory::list,
        api::directory::create,
        api::directory::change,
        api::directory::remove,
        api::kin::similar,
        api::kin::collect,
        api::kin::entities,
        api::rules::list,
        api::rules::one,
        api::rules::check,
        api::tuning::propose,
        api::tuning::list,
        api::tuning::filters,
        api::tuning::decide,
        api::playbooks::list,
        api::playbooks::one,
        api::playbooks::actions,
        api::playbooks::fitting,
        api::playbooks::preview,
        api::runs::list,
        api::runs::one,
        api::runs::of_incident,
        api::runs::begin,
        api::runs::end_step,
        api::runs::approve,
        api::runs::steer,
        api::undo::undo,
        api::undo::undo_last,
        api::work::one,
        api::work::record,
        api::work::plan,
        api::work::process,
        api::work::clocks,
        api::timeline::list,
        api::timeline::add,
        api::timeline::change,
        api::timeline::remove,
        api::evidence::seal,
        api::evidence::verify_all,
        api::evidence::content,
        api::evidence::redact,
        api::bundle::bundle,
        api::bundle::signing_key,
        api::reports::draft,
        api::reports::issue,
        api::reports::issued,
        api::exports::export,
        api::handbook::frameworks,
        api::handbook::activities,
        api::handbook::handbook,
        api::handbook::guide,
        api::handbook::advice,
        api::alerts::list,
        api::alerts::counts,
        api::alerts::one,
        api::alerts::change,
        api::alerts::bulk,
        api::events::look,
        api::events::one,
        api::sources::list,
        api::sources::configure,
        api::sources::rejected,
        api::ledger::list,
        api::ledger::verify,
        api::system::system,
        api::system::content,
        api::deliver::lines,
        api::deliver::file,
    ),
    components(schemas(
        crate::http::problem::Problem,
        api::incident_views::LevelName,
        api::incident_views::OriginName,
        api::incident_views::SortName,
        api::incident_views::StatusName,
        api::alerts::AlertStatusName,
        api::incidents::ReportForm,
    ))
)]
struct Described;

/// Problems that any request can meet; which of them depends on the route.
const PROBLEMS: [(&str, &str); 11] = [
    ("400", "The request is malformed"),
    ("401", "Nobody is signed in"),
    ("403", "The right is missing, or the request was refused"),
    ("404", "There is no such thing, or none that the caller may know of"),
    ("408", "The body came too slowly"),
    ("409", "Somebody else changed it first, or it is so already"),
    ("413", "The body is too large"),
    ("415", "The body is of another type"),
    ("422", "Well formed, but it cannot be done"),
    ("429", "Too many requests or tries"),
    ("503", "The store cannot take it now; try again"),
];

/// The description, as JSON.
///
/// # Panics
/// Never: what is described is made of plain values.
#[must_use]
pub fn description() -> String {
    let mut document = serde_json::to_value(Described::openapi()).unwrap_or_default();
    let routes = api::routes();
    document["components"]["securitySchemes"] = json!({
        "token": { "type": "http", "scheme": "bearer", "description": "An API token" },
        "session": { "type": "apiKey", "in": "cookie", "name": "quell_session", "description": "A signed-in browser" },
    });
    for route in routes.iter().filter(|route| route.described) {
        let operation = &mut document["paths"][route.path][route.method.as_str().to_lowercase()];
        if !operation.is_object() {
            continue;
        }
        complete(operation, route.access);
        // Handlers of different parts have the same name; an operation's is its own.
        let name = [&operation["tags"][0], &operation["operationId"]].map(|part| part.as_str().unwrap_or_default());
        operation["operationId"] = json!(name.join("_").replace('-', "_"));
    }
    describe_story(&mut document);
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// A story is stored as it was told, and its types are the model's; here they begin with `Story`, because the API has an `Incident`
/// and a `Step` of its own.
fn describe_story(document: &mut Value) {
    let mut story = serde_json::to_value(schemars::schema_for!(quell_model::Incident)).unwrap_or_default();
    let parts = story.as_object_mut().and_then(|story| story.remove("$defs")).unwrap_or_default();
    let named = parts.as_object().into_iter().flatten().map(|(name, part)| (format!("Story{name}"), part.clone()));
    let named: Vec<(String, Value)> = named.chain([("Story".to_owned(), story)]).collect();
    for (name, mut part) in named {
        if let Some(part) = part.as_object_mut() {
            part.remove("$schema");
            part.remove("title");
        }
        rename_references(&mut part);
        document["components"]["schemas"][name] = part;
    }
    let answer = &mut document["paths"]["/api/v1/incidents/{id}/story"]["get"]["responses"]["200"];
    answer["content"]["application/json"]["schema"] = json!({ "$ref": "#/components/schemas/Story" });
}

fn rename_references(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(rename_references),
        Value::Object(fields) => {
            for (key, field) in fields {
                match (key.as_str(), &mut *field) {
                    ("$ref", Value::String(to)) => *to = to.replace("#/$defs/", "#/components/schemas/Story"),
                    _ => rename_references(field),
                }
            }
        }
        _ => {}
    }
}

fn complete(operation: &mut Value, access: Access) {
    let (security, right) = match access {
        Access::Public => (json!([{}]), None),
        Access::Needs(right) => (json!([{ "token": [] }, { "session": [] }]), Some(right)),
        Access::Session(right) => (json!([{ "session": [] }]), Some(right)),
    };
    operation["security"] = security;
    if let Some(right) = right {
        operation["x-quell-right"] = json!(right.as_str());
    }
    for (status, what) in PROBLEMS {
        if operation["responses"][status].is_null() {
            operation["responses"][status] = json!({
                "description": what,
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            });
        }
    }
}
