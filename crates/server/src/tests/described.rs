//! The description of the API says what the router does, and its bodies are closed.

use std::collections::BTreeSet;

use quell_model::Role;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::bench::Bench;
use crate::api;
use crate::http::Access;

/// What somebody could want to set and must not.
const SURPRISES: [&str; 6] = ["surprise", "actor", "id", "opened_at", "__proto__", "Status"];

/// The description.
pub(super) fn document() -> Value {
    serde_json::from_str(&crate::description()).unwrap()
}

/// A schema behind its reference.
fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => resolve(document, document.pointer(&reference[1..]).unwrap()),
        None => schema,
    }
}

/// The schema of an operation's JSON body, if it has one.
fn body_schema<'d>(document: &'d Value, method: &str, path: &str) -> Option<&'d Value> {
    let operation = &document["paths"][path][method.to_lowercase()];
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    (!schema.is_null()).then(|| resolve(document, schema))
}

/// Whether a route takes a JSON body.
pub(super) fn takes_json(method: &str, path: &str) -> bool {
    body_schema(&document(), method, path).is_some()
}

/// A small value that a schema allows.
fn example(document: &Value, schema: &Value) -> Value {
    let schema = resolve(document, schema);
    if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
        return first.clone();
    }
    if let Some(first) =
        schema["oneOf"].as_array().and_then(|schemas| schemas.iter().find(|schema| schema["type"] != json!("null")))
    {
        return first.get("const").cloned().unwrap_or_else(|| example(document, first));
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find_map(|kind| kind.as_str().filter(|kind| *kind != "null")),
        kind => kind.as_str(),
    };
    match kind.unwrap_or("object") {
        "string" if schema["format"] == json!("date-time") => json!("2026-10-01T00:00:00Z"),
        "string" => json!("x".repeat(schema["minLength"].as_u64().unwrap_or(1).max(1) as usize)),
        "array" => json!([example(document, &schema["items"])]),
        "integer" | "number" => json!(schema["minimum"].as_u64().unwrap_or(1)),
        "boolean" => json!(true),
        _ => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let field = |name: &str| (name.to_owned(), example(document, &schema["properties"][name]));
            Value::Object(required.map(field).collect())
        }
    }
}

/// Every body that is one field too large: at the top, and in each object within it.
fn surprised(document: &Value, schema: &Value, name: &str) -> Vec<Value> {
    let schema = resolve(document, schema);
    let Value::Object(fields) = example(document, schema) else { return Vec::new() };
    // What a field holds that has no described fields is for others to read.
    let mut bodies = Vec::new();
    if schema["properties"].get(name).is_none() {
        // First, so that no other fault is met before it.
        let mut more = Map::from_iter([(name.to_owned(), json!("x"))]);
        more.extend(fields.clone());
        bodies.push(Value::Object(more));
    }
    for (field, inner) in schema["properties"].as_object().into_iter().flatten() {
        if resolve(document, inner)["properties"].is_object() {
            for value in surprised(document, inner, name) {
                let mut more = Map::from_iter([(field.clone(), value)]);
                more.extend(fields.clone().into_iter().filter(|(other, _)| other != field));
                bodies.push(Value::Object(more));
            }
        }
    }
    bodies
}

#[test]
fn described_is_what_the_table_says() {
    let document = document();
    let (mut described, mut names) = (BTreeSet::new(), BTreeSet::new());
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name), "{method} {path}: another operation is called {name}, too");
            described.insert((method.to_uppercase(), path.clone()));
        }
    }
    let routes = api::routes().into_iter().filter(|route| route.described);
    let table: BTreeSet<_> = routes.map(|route| (route.method.to_string(), route.path.to_owned())).collect();
    assert_eq!(described, table);
    for route in api::routes().into_iter().filter(|route| route.described) {
        let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
        let (security, right) = match route.access {
            Access::Public => (json!([{}]), Value::Null),
            Access::Needs(right) => (json!([{ "token": [] }, { "session": [] }]), json!(right.as_str())),
            Access::Session(right) => (json!([{ "session": [] }]), json!(right.as_str())),
        };
        assert_eq!((&operation["security"], &operation["x-quell-right"]), (&security, &right), "{}", route.path);
        for name in route.path.split('/').filter_map(|part| part.strip_prefix('{')) {
            let name = name.trim_end_matches('}');
            let mut parameters = operation["parameters"].as_array().into_iter().flatten();
            assert!(parameters.any(|one| one["in"] == "path" && one["name"] == name), "{} {name}", route.path);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_body_has_a_field_that_is_not_described() {
    let bench = Bench::start().await;
    let admin = bench.person("admin", Role::Admin, &[]).await;
    let document = document();
    let (mut tried, mut bodies) = (0, 0);
    let before = bench.entries().await;
    for route in api::routes().into_iter().filter(|route| route.described) {
        let Some(schema) = body_schema(&document, route.method.as_str(), route.path) else { continue };
        // What another program wrote has the form that it has there.
        if schema["properties"].is_null() {
            assert_eq!(route.path, "/api/v1/incidents/import");
            continue;
        }
        bodies += 1;
        let cookie = bench.session(&admin.id).await;
        let path = route.path.replace("{id}", "inc-0123456789ab").replace("{name}", "made-up");
        let method: Method = route.method.as_str().parse().unwrap();
        for name in SURPRISES {
            for body in surprised(&document, schema, name) {
                let request = bench.request(method.clone(), &path).header("cookie", &cookie);
                let request = request.header("content-type", "application/json").body(body.to_string());
                let answer = super::bench::Answer::of(request.send().await.unwrap()).await;
                let told = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
                let refused = answer.status == 422 && told.contains(&format!("unknown field `{name}`"));
                assert!(refused, "{method} {path} {body}: {answer:?}");
                tried += 1;
            }
        }
    }
    assert_eq!(bench.entries().await, before, "something was changed");
    println!("{tried} bodies with a field too many, for {bodies} operations");
    bench.stop().await;
}
