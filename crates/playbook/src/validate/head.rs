//! What stands at the top of a document: ids, times, types and activities, and the lists that repeat what the rest uses.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::place::{Place, shown};
use super::vocabulary::{ACTIVITIES, PLAYBOOKS, SECTORS};
use super::{Book, Report, forms, items, members, objects};

/// Members that every playbook has.
const REQUIRED: [&str; 9] =
    ["type", "spec_version", "id", "name", "created_by", "created", "modified", "workflow_start", "workflow"];
/// Lists that are left out rather than empty.
const LISTS: [&str; 7] =
    ["derived_from", "related_to", "labels", "industry_sectors", "external_references", "markings", "signatures"];

pub(super) fn check(book: &Book<'_>, report: &mut Report) {
    let (playbook, root) = (book.members, Place::ROOT);
    members::check(playbook, &[members::PLAYBOOK], &root, report);
    for member in REQUIRED.into_iter().filter(|member| !playbook.contains_key(*member)) {
        report.add("pb-required", &root, format!("`{member}` is missing; add it"));
    }
    if let Some(kind) = playbook.get("type") {
        report.demand(kind == "playbook", "pb-type", &root.key("type"), "`type` must be `playbook`");
    }
    if let Some(version) = playbook.get("spec_version") {
        let message = "`spec_version` must be `cacao-2.0`; other versions are other formats";
        report.demand(version == "cacao-2.0", "pb-spec-version", &root.key("spec_version"), message);
    }
    check_own_id(playbook, report);
    forms::check_identity(playbook, "created_by", "pb-created-by-identity", (&root, &mut *report));
    check_times(playbook, report);
    check_numbers(playbook, report);
    check_lists(book, report);
    check_kinds(playbook, report);
    check_sectors(book, report);
    check_references(book, report);
    check_uuids(book, report);
}

fn check_own_id(playbook: &Map<String, Value>, report: &mut Report) {
    let Some(id) = playbook.get("id") else { return };
    let place = Place::ROOT.key("id");
    forms::check_id(id, &place, report);
    let own = id.as_str().is_some_and(|id| forms::prefix(id) == "playbook");
    report.demand(own, "pb-id-prefix", &place, "the id of a playbook begins with `playbook--`");
}

fn check_times(playbook: &Map<String, Value>, report: &mut Report) {
    let root = Place::ROOT;
    let created = forms::check_time(playbook, "created", Some("timestamp-ms"), (&root, &mut *report));
    let modified = forms::check_time(playbook, "modified", Some("timestamp-ms"), (&root, &mut *report));
    if let (Some(created), Some(modified)) = (created, modified) {
        let message = "`modified` lies before `created`; correct one of them";
        report.demand(modified >= created, "pb-modified-order", &root.key("modified"), message);
    }
    forms::check_validity(playbook, "pb-validity-order", (&root, report));
}

fn check_numbers(playbook: &Map<String, Value>, report: &mut Report) {
    for member in ["priority", "severity", "impact"] {
        let Some(value) = playbook.get(member) else { continue };
        let fits = forms::whole(value).is_some_and(|number| (0..=100).contains(&number));
        let message = format!("`{member}` must be a whole number from 0 to 100");
        report.demand(fits, "pb-priority-range", &Place::ROOT.key(member), &message);
    }
}

fn check_lists(book: &Book<'_>, report: &mut Report) {
    let (playbook, root) = (book.members, Place::ROOT);
    for member in LISTS {
        let empty = playbook.get(member).and_then(Value::as_array).is_some_and(Vec::is_empty);
        let message = format!("`{member}` is empty; leave it out");
        report.demand(!empty, "pb-lists-not-empty", &root.key(member), &message);
    }
    for (index, id) in items(playbook, "derived_from").iter().enumerate() {
        let list = root.key("derived_from");
        let place = list.index(index);
        forms::check_id(id, &place, report);
        let playbook = id.as_str().is_some_and(|id| forms::prefix(id) == "playbook");
        let message = "a playbook is derived from playbooks only; move other ids to `related_to`";
        report.demand(playbook, "pb-derived-from-prefix", &place, message);
        let own = id.as_str().is_some() && id.as_str() == book.text("id");
        report.demand(!own, "pb-derived-from-self", &place, "a playbook is not derived from itself; take the id out");
    }
    for (index, id) in items(playbook, "related_to").iter().enumerate() {
        forms::check_id(id, &root.key("related_to").index(index), report);
    }
}

fn texts<'d>(object: &'d Map<String, Value>, name: &str) -> Vec<&'d str> {
    items(object, name).iter().filter_map(Value::as_str).collect()
}

fn check_kinds(playbook: &Map<String, Value>, report: &mut Report) {
    let root = Place::ROOT;
    let place = root.key("playbook_types");
    if let Some(value) = playbook.get("playbook_types") {
        let texts = value.as_array().is_some_and(|kinds| kinds.iter().all(Value::is_string));
        report.demand(texts, "pb-playbook-types-array", &place, "`playbook_types` must be a list of texts");
    }
    let kinds = texts(playbook, "playbook_types");
    for kind in &kinds {
        if !PLAYBOOKS.iter().any(|(known, ..)| known == kind) {
            report.add("open-vocabulary", &place, format!("{} is no known type of playbook", shown(kind)));
        }
    }
    check_activities(playbook, &kinds, report);
}

fn check_activities(playbook: &Map<String, Value>, kinds: &[&str], report: &mut Report) {
    let root = Place::ROOT;
    let place = root.key("playbook_activities");
    let listed: HashSet<&str> = texts(playbook, "playbook_activities").into_iter().collect();
    for activity in texts(playbook, "playbook_activities") {
        if !ACTIVITIES.contains(&activity) {
            report.add("open-vocabulary", &place, format!("{} is no known activity", shown(activity)));
        }
    }
    let known: Vec<_> = PLAYBOOKS.iter().filter(|(kind, ..)| kinds.contains(kind)).collect();
    match playbook.get("playbook_activities") {
        None if known.is_empty() => return,
        None => {
            let message = "types of the vocabulary need activities; add `playbook_activities`";
            report.add("pb-activities-needed", &root, message);
            return;
        }
        Some(list) if list.as_array().is_some_and(Vec::is_empty) => {
            report.add("pb-activities-min", &place, "`playbook_activities` is empty; name activities or leave it out");
            return;
        }
        Some(_) => {}
    }
    for (kind, rule, needed) in known {
        for activity in needed.iter().filter(|activity| !listed.contains(*activity)) {
            report.add(rule, &place, format!("a playbook of type `{kind}` lists `{activity}`; add it"));
        }
    }
}

/// Sectors that are named inside stand at the top, too.
fn check_sectors(book: &Book<'_>, report: &mut Report) {
    let listed: HashSet<&str> = texts(book.members, "industry_sectors").into_iter().collect();
    let root = Place::ROOT;
    for sector in texts(book.members, "industry_sectors").into_iter().filter(|sector| !SECTORS.contains(sector)) {
        let message = format!("{} is no known sector", shown(sector));
        report.add("open-vocabulary", &root.key("industry_sectors"), message);
    }
    for dictionary in ["agent_definitions", "target_definitions"] {
        for (id, party) in objects(book.dictionary(dictionary)) {
            let Some(sector) = party.get("sector").and_then(Value::as_str) else { continue };
            if !listed.contains(sector) {
                let message = format!("add {} to `industry_sectors`, as it is named here", shown(sector));
                report.add("pb-industry-closure", &root.key(dictionary).key(id).key("sector"), message);
            }
        }
    }
}

/// External references that are used inside stand at the top, too.
fn check_references(book: &Book<'_>, report: &mut Report) {
    let root = Place::ROOT;
    forms::check_references(book.members, &root, report);
    let canonical = |value: &Value| serde_jcs::to_string(value).unwrap_or_default();
    let listed: HashSet<String> = items(book.members, "external_references").iter().map(canonical).collect();
    let mut closed = |object: &Map<String, Value>, place: &Place<'_>| {
        for (index, reference) in items(object, "external_references").iter().enumerate() {
            if reference.is_object() && !listed.contains(&canonical(reference)) {
                let message = "repeat this reference in `external_references` of the playbook";
                report.add("pb-external-refs-closure", &place.key("external_references").index(index), message);
            }
        }
    };
    let workflow = root.key("workflow");
    for (id, step) in book.steps() {
        let place = workflow.key(id);
        closed(step, &place);
        let commands = place.key("commands");
        for (index, command) in items(step, "commands").iter().enumerate() {
            if let Some(command) = command.as_object() {
                closed(command, &commands.index(index));
            }
        }
    }
    for dictionary in ["extension_definitions", "data_marking_definitions"] {
        for (id, object) in objects(book.dictionary(dictionary)) {
            closed(object, &root.key(dictionary).key(id));
        }
    }
}

/// Dictionaries whose keys are ids.
const DEFINITIONS: [&str; 6] = [
    "workflow",
    "agent_definitions",
    "target_definitions",
    "authentication_info_definitions",
    "data_marking_definitions",
    "extension_definitions",
];

/// Each UUID stands for one object; an object that is agent and target keeps its whole id.
fn check_uuids(book: &Book<'_>, report: &mut Report) {
    let root = Place::ROOT;
    let mut owners: HashMap<String, &str> = HashMap::new();
    let mut owned = |id: &str, place: &Place<'_>, owner: Option<&&str>| {
        if let Some(owner) = owner.filter(|owner| **owner != id) {
            let message = format!("{} has the same UUID; give one of them a new one", shown(owner));
            report.add("id-uuid-unique", place, message);
        }
    };
    let definitions = DEFINITIONS
        .iter()
        .flat_map(|name| book.dictionary(name).into_iter().flatten().map(move |(id, _)| (*name, id.as_str())));
    if let Some((id, uuid)) = book.text("id").and_then(|id| Some((id, forms::uuid_of(id)?))) {
        owners.insert(uuid, id);
    }
    for (dictionary, id) in definitions {
        let Some(uuid) = forms::uuid_of(id) else { continue };
        owned(id, &root.key(dictionary).key(id), owners.get(&uuid));
        owners.entry(uuid).or_insert(id);
    }
    for (index, signature) in items(book.members, "signatures").iter().enumerate() {
        let id = signature.get("id").and_then(Value::as_str);
        let Some((id, uuid)) = id.and_then(|id| Some((id, forms::uuid_of(id)?))) else { continue };
        owned(id, &root.key("signatures").index(index).key("id"), owners.get(&uuid));
        owners.entry(uuid).or_insert(id);
    }
}
