//! What a step says about what follows it.

use serde_json::{Map, Value};

use super::Report;
use super::place::Place;

/// One way on from a step.
pub(super) struct Way<'d> {
    member: &'static str,
    part: Part<'d>,
    /// The id that it names, if it is one.
    pub(super) to: &'d Value,
    /// Whether it begins a branch; otherwise it goes on in the same line.
    pub(super) branch: bool,
}

enum Part<'d> {
    Whole,
    Index(usize),
    Key(&'d str),
}

impl Way<'_> {
    /// Where it is written, as a JSON pointer.
    pub(super) fn pointer(&self, step: &Place<'_>) -> String {
        let member = step.key(self.member);
        match self.part {
            Part::Whole => member.pointer(),
            Part::Index(index) => member.index(index).pointer(),
            Part::Key(key) => member.key(key).pointer(),
        }
    }

    /// The member that it is written in.
    pub(super) fn member(&self) -> &'static str {
        self.member
    }
}

/// All ways on from a step.
pub(super) fn ways(step: &Map<String, Value>) -> Vec<Way<'_>> {
    let mut ways = Vec::new();
    let single =
        [("on_completion", false), ("on_success", false), ("on_failure", false), ("on_true", true), ("on_false", true)];
    for (member, branch) in single {
        if let Some(to) = step.get(member) {
            ways.push(Way { member, part: Part::Whole, to, branch });
        }
    }
    for (index, to) in super::items(step, "next_steps").iter().enumerate() {
        ways.push(Way { member: "next_steps", part: Part::Index(index), to, branch: true });
    }
    for (key, to) in step.get("cases").and_then(Value::as_object).into_iter().flatten() {
        ways.push(Way { member: "cases", part: Part::Key(key), to, branch: true });
    }
    ways
}

/// Checks that a step names what follows, in one of the two forms.
pub(super) fn check(kind: &str, step: &Map<String, Value>, place: &Place<'_>, report: &mut Report) {
    let has = |member: &str| step.contains_key(member);
    let [completion, success, failure] = [has("on_completion"), has("on_success"), has("on_failure")];
    match kind {
        "start" => {
            let message = "a start step has `on_completion`, and neither `on_success` nor `on_failure`";
            report.demand(completion && !success && !failure, "step-start-successor", place, message);
        }
        "end" => {
            let message = "nothing follows an end step; take `on_completion`, `on_success` and `on_failure` out";
            report.demand(!completion && !success && !failure, "step-end-no-successor", place, message);
        }
        _ if completion && (success || failure) => {
            let message = "`on_completion` stands alone; take it out, or `on_success` and `on_failure`";
            report.add("step-completion-xor", place, message);
        }
        _ if failure && !success => {
            let message = "nothing follows when the step succeeds; add `on_success`";
            report.add("step-failure-needs-success", place, message);
        }
        _ if !completion && !success => {
            let message = "nothing follows the step; add `on_completion`, or `on_success` and `on_failure`";
            report.add("step-successor-present", place, message);
        }
        _ => {}
    }
}
