//! That every variable that a text refers to is declared, at the playbook or at the step that uses it.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::place::{Place, shown};
use super::{Book, Report, forms, items};
use crate::condition::forms::references;

/// Members of a step whose texts are not filled.
const NOT_FILLED: [&str; 2] = ["step_variables", "external_references"];

/// What agents, targets and authentication infos refer to and the playbook does not declare.
pub(super) struct Declared<'b, 'd> {
    book: &'b Book<'d>,
    missing: HashMap<(&'static str, &'d str), Vec<String>>,
}

const AGENTS: &str = "agent_definitions";
const TARGETS: &str = "target_definitions";
const LOGINS: &str = "authentication_info_definitions";

impl<'b, 'd> Declared<'b, 'd> {
    pub(super) fn of(book: &'b Book<'d>) -> Declared<'b, 'd> {
        let mut missing = HashMap::new();
        for dictionary in [AGENTS, TARGETS, LOGINS] {
            for (id, value) in book.dictionary(dictionary).into_iter().flatten() {
                let mut names = BTreeSet::new();
                forms::names_in(value, &mut names);
                let names: Vec<String> = names.into_iter().filter(|name| !is_of_playbook(book, name)).collect();
                if !names.is_empty() {
                    missing.insert((dictionary, id.as_str()), names);
                }
            }
        }
        Declared { book, missing }
    }

    /// Checks a step with what it uses.
    pub(super) fn check(&self, step: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
        for name in names(step) {
            if self.book.variable(step, &name).is_none() {
                let message = format!("{} is not declared; add it to `playbook_variables`", shown(&name));
                report.add("variable-declared", place, message);
            }
        }
        let mut seen = BTreeSet::new();
        if let Some(agent) = step.get("agent").and_then(Value::as_str) {
            self.check_party(step, (AGENTS, agent), &mut seen, (&place.key("agent"), &mut *report));
        }
        let targets = place.key("targets");
        for (index, target) in items(step, "targets").iter().enumerate() {
            if let Some(target) = target.as_str() {
                self.check_party(step, (TARGETS, target), &mut seen, (&targets.index(index), &mut *report));
            }
        }
    }

    /// Names the first variable of an agent or target, and of its authentication info, that is not declared. Looking for one, and
    /// at each definition once in a step, keeps the cost in proportion to the step.
    fn check_party<'s>(
        &'s self,
        step: &Map<String, Value>,
        (dictionary, id): (&'static str, &'s str),
        seen: &mut BTreeSet<(&'static str, &'s str)>,
        (place, report): (&Place<'_>, &mut Report),
    ) where
        'd: 's,
    {
        let login = self.book.defined(dictionary, id).and_then(|party| party.get("authentication_info"));
        let login = login.and_then(Value::as_str).map(|login| (LOGINS, login));
        for definition in [Some((dictionary, id)), login].into_iter().flatten() {
            if !seen.insert(definition) {
                continue;
            }
            let missing = self.missing.get(&definition).into_iter().flatten();
            let own = step.get("step_variables").and_then(Value::as_object);
            let mut missing = missing.filter(|name| own.is_none_or(|own| !own.contains_key(*name)));
            if let Some(name) = missing.next() {
                let message = format!(
                    "{} of {} is not declared; add it to `playbook_variables`",
                    shown(name),
                    shown(definition.1)
                );
                report.add("variable-declared", place, message);
            }
        }
    }
}

fn is_of_playbook(book: &Book<'_>, name: &str) -> bool {
    book.defined("playbook_variables", name).is_some()
}

/// Names that a step itself refers to, also inside encoded commands.
fn names(step: &Map<String, Value>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, value) in step.iter().filter(|(member, _)| !NOT_FILLED.contains(&member.as_str())) {
        forms::names_in(value, &mut names);
    }
    let commands = items(step, "commands").iter().filter_map(Value::as_object);
    for encoded in commands.flat_map(|command| [command.get("command_b64"), command.get("content_b64")]).flatten() {
        let text = forms::base64(encoded).and_then(|bytes| String::from_utf8(bytes).ok());
        names.extend(references(&text.unwrap_or_default()).map(str::to_owned));
    }
    names
}
