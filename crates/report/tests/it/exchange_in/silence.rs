//! Nothing vanishes in silence: whatever stands in whatever field, it arrives, or a reader is told that it did not.

use std::collections::BTreeSet;

use quell_report::{from_iris, from_thehive};
use serde_json::{Value, json};

use super::hostile::{generic, pointers};
use super::{PROGRAMS, Read, iris_case, shown, text, thehive_case};

const MARKER: &str = "marker-5f0c";

/// Fields of TheHive that say how it keeps something, or what another field says too: `*` is any item of a list.
const QUIET_THEHIVE: &[(&str, &str)] = &[
    // What stands in an alert beside its name is named together.
    ("alerts", "*"),
    (
        "case",
        "_type _updatedBy access alertDate alertImportedDate alertNewDate extraData \
         handlingDuration timeToAcknowledge timeToDetect timeToQualify timeToResolve timeToTriage userPermissions",
    ),
    ("case/customFields/*", "_id description order type"),
    ("comments/*", "_id _type extraData updatedAt updatedBy"),
    // Reports of one of them are named in any case.
    ("observables/*", "_id _type extraData ignoreSimilarity reports"),
    ("observables/*/attachment", "_id _type id"),
    ("pages/*", "_id _type extraData order"),
    ("procedures/*", "_id extraData"),
    ("tasks/*", "_id _type _updatedBy extraData order"),
    ("tasks/*/logs/*", "_id _type extraData"),
    ("tasks/*/logs/*/attachments/*", "_id _type id"),
    ("timeline/*", "_id _type"),
];

/// Those of DFIR-IRIS.
const QUIET_IRIS: &[(&str, &str)] = &[
    ("", "message status"),
    ("data/assets/*", "asset_id asset_uuid"),
    ("data/assets/*/asset_ioc/*", "ioc_description type_name"),
    ("data/assets/*/custom_attributes/Contract/Owner", "mandatory type"),
    (
        "data/case",
        "classification_id client_id modification_history note_directories owner_id \
         review_status_id reviewer_id severity_id state_id user_id",
    ),
    ("data/case/classification", "created_by_id creation_date description id name_expanded"),
    // What is known of a customer or a person beside the name is no matter of the case.
    ("data/case/client", "client_uuid creation_date custom_attributes customer_description customer_id customer_sla"),
    ("data/case/custom_attributes/Insurance/Policy", "mandatory type"),
    ("data/case/custom_attributes/Insurance/Told", "mandatory type"),
    ("data/case/owner", "id user_email user_login"),
    ("data/case/review_status", "id"),
    ("data/case/reviewer", "id user_email user_login"),
    ("data/case/severity", "severity_description severity_id"),
    ("data/case/state", "protected state_description state_id"),
    ("data/case/tags/*", "id"),
    ("data/case/user", "id user_email user_login"),
    // The first of them stands under its note already.
    ("data/comments/*", "comment_by comment_date comment_id"),
    ("data/evidences/*", "file_uuid id"),
    ("data/evidences/*/custom_attributes/Custody/Seal", "mandatory type"),
    ("data/iocs/*", "ioc_id ioc_type_id ioc_uuid modification_history"),
    ("data/iocs/*/custom_attributes/Sandbox/Verdict", "mandatory type"),
    ("data/iocs/*/ioc_type", "type_description type_id type_taxonomy type_validation_expect type_validation_regex"),
    ("data/notes/*", "directory_id modification_history note_case_id note_id note_uuid"),
    ("data/notes/*/comments/*", "comment_alert_id comment_case_id comment_id comment_update_date comment_user_id"),
    ("data/notes/*/comments/*/user", "id user_email"),
    ("data/notes/*/directory", "case_id id parent_id"),
    ("data/tasks/*", "id task_uuid"),
    ("data/tasks/*/task_assignees/*", "id"),
    (
        "data/timeline/*",
        "event_color event_date_wtz event_id event_in_graph event_in_summary event_is_flagged event_uuid",
    ),
    ("data/timeline/*/iocs/*", "ioc_description ioc_id tlp_name type"),
];

/// Whether something that is put into this place neither arrives nor is named.
fn is_quiet(read: Read, export: &mut Value, place: &str, known: &[String]) -> bool {
    // No reader expects such a form anywhere.
    let before = std::mem::replace(export.pointer_mut(place).unwrap(), json!({ "odd": [{ "more": MARKER }] }));
    let quiet = read(export).is_ok_and(|carried| {
        let arrives = carried.pieces.iter().any(|piece| shown(piece).contains(MARKER) || text(piece).contains(MARKER));
        !arrives && carried.left_out == known
    });
    *export.pointer_mut(place).unwrap() = before;
    quiet
}

#[test]
fn what_has_another_form_arrives_or_is_named() {
    for ((program, read, export), expected) in PROGRAMS.into_iter().zip([QUIET_THEHIVE, QUIET_IRIS]) {
        let mut export: Value = serde_json::from_str(export).unwrap();
        let known = read(&export).unwrap().left_out;
        let mut quiet: Vec<String> = Vec::new();
        for place in pointers(&export) {
            let within = quiet.last().is_some_and(|outer| place.starts_with(&format!("{outer}/")));
            if !within && is_quiet(read, &mut export, &place, &known) {
                quiet.push(place);
            }
        }
        let quiet: BTreeSet<String> = quiet.iter().map(|place| generic(place)).collect();
        let full = |(place, keys): &(&str, &str)| -> Vec<String> {
            keys.split(' ').map(|key| format!("{place}/{key}").trim_start_matches('/').to_owned()).collect()
        };
        let expected: BTreeSet<String> = expected.iter().flat_map(full).collect();
        let differences: Vec<&String> = quiet.symmetric_difference(&expected).collect();
        assert_eq!(differences, [] as [&String; 0], "{program}");
    }
}

#[test]
fn a_field_that_is_not_known_is_named_where_it_stands() {
    let cases: [(Read, Value, &str, &str); 12] = [
        (from_thehive, thehive_case(), "", "export"),
        (from_thehive, thehive_case(), "/case", "case"),
        (from_thehive, thehive_case(), "/tasks/0", "task"),
        (from_thehive, thehive_case(), "/tasks/0/logs/0", "task log"),
        (from_thehive, thehive_case(), "/observables/0", "observable"),
        (from_thehive, thehive_case(), "/timeline/0", "moment of the timeline"),
        (from_iris, iris_case(), "/data", "export"),
        (from_iris, iris_case(), "/data/case", "case"),
        (from_iris, iris_case(), "/data/assets/0", "asset"),
        (from_iris, iris_case(), "/data/iocs/0", "indicator"),
        (from_iris, iris_case(), "/data/notes/0", "note"),
        (from_iris, iris_case(), "/data/evidences/0", "piece of evidence"),
    ];
    for (read, mut export, place, what) in cases {
        export.pointer_mut(place).unwrap()["score\u{1b}"] = json!(0);
        let named = format!("1 × {what}: the field `score`, which is not known here");
        let left_out = read(&export).unwrap().left_out;
        assert!(left_out.contains(&named), "{place}: {left_out:?}");
    }
}

#[test]
fn a_list_that_is_none_and_an_item_that_is_no_object_are_named() {
    let cases: [(Read, Value, &str, Value, &str); 11] = [
        (from_thehive, thehive_case(), "/tasks", json!({}), "1 × export: the field `tasks`, which has another form"),
        (from_thehive, thehive_case(), "/tasks", json!(["x", 1]), "2 × task that is no object"),
        (
            from_thehive,
            thehive_case(),
            "/timeline",
            json!({ "events": [] }),
            "1 × export: the field `timeline`, which has",
        ),
        (
            from_thehive,
            thehive_case(),
            "/case/tags",
            json!(["x", 1]),
            "1 × case: the field `tags`, which has another form",
        ),
        (from_thehive, thehive_case(), "/pages/0/content", json!(" "), "1 × page with a title and without a text"),
        (from_iris, iris_case(), "/data/case/owner", json!({}), "1 × named field of the case without a name"),
        (from_iris, iris_case(), "/data/assets/0/asset_ioc/0", json!({}), "1 × indicator of an asset without a value"),
        (from_iris, iris_case(), "/data/iocs", json!("x"), "1 × export: the field `iocs`, which has another form"),
        (from_iris, iris_case(), "/data/notes", json!([null]), "1 × note that is no object"),
        (from_iris, iris_case(), "/data/case/tags", json!([{}, 1]), "2 × tag of the case, which has another form"),
        (
            from_iris,
            iris_case(),
            "/data/iocs/0/ioc_type",
            json!("ip-dst"),
            "1 × indicator: the field `ioc_type`, which has",
        ),
    ];
    for (read, mut export, place, value, expected) in cases {
        *export.pointer_mut(place).unwrap() = value;
        let left_out = read(&export).unwrap().left_out;
        assert!(left_out.iter().any(|line| line.starts_with(expected)), "{expected}: {left_out:?}");
    }
}
