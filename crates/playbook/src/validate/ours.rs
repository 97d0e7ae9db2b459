//! Our own extension: what a run could not do, or would do otherwise than its author meant. A typing mistake in it is an error,
//! because a step whose action is misspelt would be one for people, and one whose approval is misspelt would need nobody.

use quell_model::EntityKind;
use serde_json::{Map, Value};

use super::Report;
use super::place::{Place, shown};

const RULE: &str = "quell-extension";
const PHASES: [&str; 6] = ["prepare", "analyse", "contain", "eradicate", "recover", "learn"];
/// Order of volatility, after RFC 3227 section 2.1.
const CLASSES: [&str; 6] = ["memory", "temporary", "disk", "remote_logs", "configuration", "archive"];
const ROLES: [&str; 3] = ["responder", "lead", "admin"];
const IMPACTS: [&str; 3] = ["low", "medium", "high"];
const OF_PLAYBOOK: [&str; 5] = ["summary", "techniques", "entity_kinds", "fills", "targets"];
const OF_STEP: [&str; 9] =
    ["phase", "action", "with", "evidence", "approval", "impact", "ttl_minutes", "keeps", "entity"];
const OF_FILL: [&str; 5] = ["kind", "role", "contains", "without", "nth"];
const OF_ENTITY: [&str; 2] = ["kind", "name"];
const OF_APPROVAL: [&str; 4] = ["quorum", "from", "owner", "expires_minutes"];

/// Checks it, on the playbook or on a step.
pub(super) fn check(dictionary: &str, extension: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    if dictionary == "playbook_extensions" {
        known(extension, &OF_PLAYBOOK, place, report);
        let fills = extension.get("fills").and_then(Value::as_object).into_iter().flatten();
        for (name, fill) in fills.filter_map(|(name, fill)| Some((name, fill.as_object()?))) {
            known(fill, &OF_FILL, &place.key("fills").key(name), report);
        }
        return;
    }
    known(extension, &OF_STEP, place, report);
    let mut one_of = |name: &str, words: &[&str]| {
        let fits = extension.get(name).is_none_or(|value| value.as_str().is_some_and(|value| words.contains(&value)));
        let message = format!("`{name}` is one of {}", words.join(", "));
        report.demand(fits, RULE, &place.key(name), &message);
    };
    one_of("phase", &PHASES);
    one_of("impact", &IMPACTS);
    let action = extension.get("action");
    let fits = action.is_none_or(|action| action.as_str().is_some_and(is_action));
    report.demand(fits, RULE, &place.key("action"), "`action` is a name like `net.block_address`");
    for name in ["with", "keeps"].into_iter().filter(|name| extension.contains_key(*name)) {
        let message = format!("`{name}` says nothing without `action`; add one, or leave it out");
        report.demand(action.is_some(), RULE, &place.key(name), &message);
    }
    for name in ["with", "keeps"] {
        let texts = |value: &Value| value.as_object().is_some_and(|all| all.values().all(Value::is_string));
        let fits = extension.get(name).is_none_or(texts);
        report.demand(fits, RULE, &place.key(name), "it has a text for each name");
    }
    let classes = |value: &Value| {
        let all = value.as_array().filter(|all| !all.is_empty());
        all.is_some_and(|all| all.iter().all(|class| class.as_str().is_some_and(|class| CLASSES.contains(&class))))
    };
    let message = format!("`evidence` lists some of {}", CLASSES.join(", "));
    report.demand(extension.get("evidence").is_none_or(classes), RULE, &place.key("evidence"), &message);
    number(extension, "ttl_minutes", place, report);
    entity(extension, place, report);
    approval(extension, place, report);
}

fn entity(extension: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    let Some(value) = extension.get("entity") else { return };
    let place = place.key("entity");
    let Some(entity) = value.as_object() else {
        return report.add(RULE, &place, "`entity` has `kind` and `name`");
    };
    known(entity, &OF_ENTITY, &place, report);
    let kind = entity.get("kind").and_then(Value::as_str);
    let fits = kind.is_some_and(|kind| EntityKind::ALL.into_iter().any(|known| known.as_str() == kind));
    let kinds: Vec<&str> = EntityKind::ALL.into_iter().map(EntityKind::as_str).collect();
    report.demand(fits, RULE, &place.key("kind"), &format!("`kind` is one of {}", kinds.join(", ")));
    let fits = entity.get("name").is_some_and(Value::is_string);
    report.demand(fits, RULE, &place.key("name"), "`name` is a text, with variables");
    let phase = extension.get("phase").and_then(Value::as_str);
    // A phase that is none is said where it stands.
    let fits =
        phase.is_some_and(|phase| matches!(phase, "contain" | "eradicate" | "recover") || !PHASES.contains(&phase));
    report.demand(fits, RULE, &place, "`entity` is contained, cleaned or restored: `phase` says which");
}

fn approval(extension: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    let Some(value) = extension.get("approval") else { return };
    let place = place.key("approval");
    let Some(approval) = value.as_object() else {
        return report.add(RULE, &place, "`approval` has `quorum`, `from` and `expires_minutes`");
    };
    known(approval, &OF_APPROVAL, &place, report);
    number(approval, "quorum", &place, report);
    number(approval, "expires_minutes", &place, report);
    let from = approval.get("from").is_none_or(|from| from.as_str().is_some_and(|from| ROLES.contains(&from)));
    report.demand(from, RULE, &place.key("from"), "`from` is one of responder, lead, admin");
    let owner = approval.get("owner").is_none_or(Value::is_boolean);
    report.demand(owner, RULE, &place.key("owner"), "`owner` is true or false");
}

fn known(object: &Map<String, Value>, names: &[&str], place: &Place<'_>, report: &mut Report) {
    for name in object.keys().filter(|name| !names.contains(&name.as_str())) {
        let message = format!("{} is not known here; there are {}", shown(name), names.join(", "));
        report.add(RULE, &place.key(name), message);
    }
}

fn number(object: &Map<String, Value>, name: &str, place: &Place<'_>, report: &mut Report) {
    let fits = object.get(name).is_none_or(|value| value.as_u64().is_some_and(|value| value > 0));
    report.demand(fits, RULE, &place.key(name), "it is a whole number above zero");
}

fn is_action(text: &str) -> bool {
    let letters = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    text.split_once('.').is_some_and(|(target, deed)| letters(target) && letters(deed))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_typing_mistake_is_found_where_it_is() {
        let good = json!({
            "phase": "contain", "action": "net.block_address", "with": { "address": "__a__:value" }, "evidence": ["memory"],
            "approval": { "quorum": 2, "from": "lead", "owner": true, "expires_minutes": 30 }, "impact": "low",
            "ttl_minutes": 60, "keeps": { "__b__": "present" }, "entity": { "kind": "host", "name": "__h__:value" },
        });
        let found = |pointer: &str, value: Option<Value>| {
            let mut step = good.clone();
            let (above, name) = pointer.rsplit_once('/').expect("a pointer");
            let above = step.pointer_mut(above).and_then(Value::as_object_mut).expect("an object");
            match value {
                Some(value) => drop(above.insert(name.to_owned(), value)),
                None => drop(above.remove(name)),
            }
            let mut report = Report::default();
            check("step_extensions", step.as_object().expect("an object"), &Place::ROOT, &mut report);
            report.findings.into_iter().map(|finding| finding.at).collect::<Vec<_>>()
        };
        assert_eq!(found("/impact", Some(json!("high"))), Vec::<String>::new());
        for (pointer, value) in [
            ("/acton", json!("net.block_address")),
            ("/phase", json!("contian")),
            ("/impact", json!(3)),
            ("/action", json!("block address")),
            ("/with", json!({ "address": 7 })),
            ("/keeps", json!([])),
            ("/evidence", json!(["ram"])),
            ("/evidence", json!([])),
            ("/ttl_minutes", json!(0)),
            ("/entity", json!("ws-07")),
            ("/entity/kind", json!("machine")),
            ("/entity/name", json!(7)),
            ("/approval", json!("lead")),
            ("/approval/quorom", json!(2)),
            ("/approval/quorum", json!("2")),
            ("/approval/from", json!("boss")),
            ("/approval/owner", json!("yes")),
            ("/approval/expires_minutes", json!(-1)),
        ] {
            assert_eq!(found(pointer, Some(value)), [pointer]);
        }
        assert_eq!(found("/action", None), ["/with", "/keeps"]);
        let mut report = Report::default();
        let playbook =
            json!({ "summary": "x", "technique": [], "fills": { "__a__": { "kind": "host", "contain": "x" } } });
        check("playbook_extensions", playbook.as_object().expect("an object"), &Place::ROOT, &mut report);
        let found: Vec<_> = report.findings.iter().map(|found| found.at.as_str()).collect();
        assert_eq!(found, ["/technique", "/fills/__a__/contain"]);
    }
}
