//! Runs from their beginning to their end, against golden traces: each kind of step with success, failure, timeout and exception,
//! nested; what is undone; and that a run which is folded anew at any moment is the run that went on.

use std::collections::{BTreeMap, BTreeSet};

use quell_model::{IncidentId, Timestamp, UserId};
use serde_json::json;

use super::*;
use crate::author::from_yaml;

const HEAD: &str = "id: playbook--try\nname: try\nworkflow_start: start--a\n";

/// What a person answers: an outcome, and variables.
type Said = (Outcome, Vec<(&'static str, &'static str)>);

/// Somebody who performs what is decided.
struct World {
    facts: Vec<(u64, Timestamp, RunFact)>,
    run: Run,
    now: Timestamp,
    around: Around,
    /// By the name of a step.
    people: BTreeMap<&'static str, Said>,
    /// Actions that fail.
    broken: BTreeSet<&'static str>,
    trace: Vec<String>,
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_770_000_000 + seconds).expect("a time")
}

impl World {
    fn new(body: &str) -> World {
        let document = from_yaml(&format!("{HEAD}{body}")).expect("a document");
        let incident = IncidentId::new("inc-1");
        let fact = RunFact::Begun {
            document: document.value(),
            incident,
            variables: BTreeMap::new(),
            simulated: false,
            callers: Vec::new(),
        };
        let run = Run::begin(&fact).unwrap_or_else(|| panic!("no run: {:?}", Plan::of(&document).err()));
        let (people, broken, trace) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        let around = Around { offered: BTreeSet::from(["net.block_address".to_owned()]), ..Around::default() };
        World { facts: vec![(1, at(0), fact)], run, now: at(0), around, people, broken, trace }
    }

    fn answers(mut self, step: &'static str, outcome: Outcome, variables: &[(&'static str, &'static str)]) -> World {
        self.people.insert(step, (outcome, variables.to_vec()));
        self
    }

    fn name(&self, token: u64) -> String {
        let token = &self.run.tokens[&token];
        self.run.step(token).map_or_else(|| token.step.clone(), |step| step.name.clone())
    }

    fn write(&mut self, fact: RunFact) {
        if let RunFact::StepEnded { token, outcome, .. } = &fact {
            let how = match outcome {
                Outcome::Success => "done".to_owned(),
                Outcome::Failure { reason } => format!("failed: {reason}"),
                Outcome::Skipped { reason } => format!("skipped: {reason}"),
            };
            self.trace.push(format!("{} {how}", self.name(*token)));
        }
        let entry = self.facts.len() as u64 + 1;
        self.facts.push((entry, self.now, fact.clone()));
        self.run.apply(entry, self.now, fact);
        // Whoever reads the facts knows what was known.
        let mut again = Run::begin(&self.facts[0].2).expect("a run");
        for (entry, at, fact) in &self.facts[1..] {
            let (kind, body) = fact.parts();
            again.apply(*entry, *at, RunFact::read(&kind, &body).expect("a fact"));
        }
        let seen = |run: &Run| (run.tokens.clone(), run.effects.clone(), run.variables.clone(), run.ended.clone());
        assert_eq!(seen(&again), seen(&self.run));
    }

    fn perform(&mut self, decision: Decision) {
        match decision {
            Decision::Record(fact) => self.write(fact),
            Decision::Capture { token, call, ttl_minutes } => {
                let expires_at = ttl_minutes
                    .map(|minutes| at(0).checked_add(std::time::Duration::from_secs(60 * minutes)).expect("a time"));
                self.write(RunFact::Intended { token, call, captured: json!("before"), expires_at });
            }
            Decision::Apply { effect } if self.broken.contains(self.run.effects[&effect].call.action.as_str()) => {
                let token = self.acting(effect);
                let outcome = Outcome::Failure { reason: "broken".to_owned() };
                self.write(RunFact::StepEnded { token, outcome, variables: BTreeMap::new() });
            }
            Decision::Apply { effect } => self.write(RunFact::Applied { effect, applied: json!("after") }),
            Decision::Verify { effect, .. } => self.write(RunFact::Verified { effect, observed: "seen".to_owned() }),
            Decision::Undo { effect } => {
                self.trace.push(format!("undo {}", self.run.effects[&effect].call.action));
                self.write(RunFact::Undone { effect, observed: "seen".to_owned() });
            }
            Decision::Call { token } => {
                let asks = vec!["__given__".to_owned()];
                self.write(RunFact::StepWaits { token, wait: Wait::Run { run: "run-called".to_owned(), asks } });
            }
        }
    }

    fn acting(&self, wanted: u64) -> u64 {
        let acts = |token: &Token| matches!(token.stage, Stage::Acting { effect, .. } if effect == wanted);
        *self.run.tokens.iter().find(|(_, token)| acts(token)).expect("a token").0
    }

    /// What somebody whom a step waits for does about it; whether anybody did.
    fn people(&mut self) -> bool {
        let waiting: Vec<(u64, Wait)> = self
            .run
            .tokens
            .iter()
            .filter_map(|(id, token)| match &token.stage {
                Stage::Waiting { wait, .. } => Some((*id, wait.clone())),
                _ => None,
            })
            .collect();
        for (token, wait) in waiting {
            let answer =
                self.people.iter().find(|(name, _)| **name == self.name(token)).map(|(_, answer)| answer.clone());
            match (wait, answer) {
                (Wait::Person { .. }, Some((outcome, variables))) => {
                    let variables =
                        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
                    self.write(RunFact::StepEnded { token, outcome, variables });
                    return true;
                }
                (Wait::Approval { rendered, .. }, Some(_)) => {
                    for by in ["usr-1", "usr-2"] {
                        self.write(RunFact::Approved { token, rendered: rendered.clone(), by: UserId::new(by) });
                    }
                    return true;
                }
                _ => {}
            }
        }
        false
    }

    /// Goes on until nothing more happens; time passes where something waits for it.
    fn play(mut self) -> World {
        for _ in 0..1_000 {
            let (decisions, next) = decide(&self.run, &self.around, self.now);
            match (decisions.into_iter().next(), next) {
                (Some(decision), _) => self.perform(decision),
                (None, _) if self.people() => {}
                (None, Some(next)) => self.now = next,
                (None, None) => return self,
            }
        }
        panic!("it goes on for ever: {:?}", self.trace);
    }

    fn check(&self, ended: Option<Ended>, trace: &[&str]) {
        assert_eq!(self.trace, trace);
        assert_eq!(self.run.ended, ended);
    }
}

fn failed() -> Outcome {
    Outcome::Failure { reason: "no".to_owned() }
}

const LINE: &str = "
workflow:
  start--a: {name: begin, on_completion: action--b}
  action--b: {name: look, commands: [{type: manual, command: look}], on_completion: end--c}
  end--c: {name: end}
";

#[test]
fn a_line_goes_from_its_beginning_to_its_end() {
    let played = World::new(LINE).answers("look", Outcome::Success, &[]).play();
    played.check(Some(Ended::Completed), &["begin done", "look done", "end done"]);
    let skipped = Outcome::Skipped { reason: "known".to_owned() };
    World::new(LINE)
        .answers("look", skipped, &[])
        .play()
        .check(Some(Ended::Completed), &["begin done", "look skipped: known", "end done"]);
}

#[test]
fn a_failure_that_nobody_handles_ends_the_run() {
    World::new(LINE)
        .answers("look", failed(), &[])
        .play()
        .check(Some(Ended::Failed), &["begin done", "look failed: no"]);
}

#[test]
fn a_step_that_takes_too_long_has_failed() {
    let late = LINE.replace("name: look,", "name: look, delay: 5000, timeout: 60000,");
    let played = World::new(&late).play();
    played.check(Some(Ended::Failed), &["begin done", "look failed: ACTION_TIMEOUT"]);
    assert_eq!(played.now, at(65));
}

const HANDLED: &str = "
workflow_exception: action--x
workflow:
  start--a: {name: begin, on_completion: action--b}
  action--b: {name: look, commands: [{type: manual, command: look}], on_success: end--c, on_failure: action--d}
  end--c: {name: end}
  action--d: {name: handle, commands: [{type: manual, command: handle}], on_completion: end--e}
  end--e: {name: handled}
  action--x: {name: except, commands: [{type: manual, command: except}], on_completion: end--y}
  end--y: {name: excepted}
";

#[test]
fn failures_go_where_the_step_says_and_else_where_the_playbook_says() {
    let both = |handle| World::new(HANDLED).answers("look", failed(), &[]).answers("handle", handle, &[]);
    both(Outcome::Success)
        .play()
        .check(Some(Ended::Completed), &["begin done", "look failed: no", "handle done", "handled done"]);
    let excepted = both(failed()).answers("except", Outcome::Success, &[]).play();
    let trace = ["begin done", "look failed: no", "handle failed: no", "except done", "excepted done"];
    excepted.check(Some(Ended::Handled), &trace);
    let lost = both(failed()).answers("except", failed(), &[]).play();
    lost.check(Some(Ended::Failed), &["begin done", "look failed: no", "handle failed: no", "except failed: no"]);
}

const NESTED: &str = "
workflow_exception: action--x
playbook_variables:
  __n__: {type: integer, value: '0'}
  __mode__: {type: string, value: fast, external: true}
workflow:
  start--a: {name: begin, on_completion: parallel--p}
  parallel--p: {name: both, next_steps: [while-condition--w, switch-condition--s], on_completion: if-condition--i}
  while-condition--w: {name: loop, condition: '__n__:value < 2', on_true: action--count, on_completion: end--w}
  action--count: {name: count, commands: [{type: manual, command: count}], out_args: [__n__], on_completion: end--count}
  end--count: {name: round}
  end--w: {name: loop end}
  switch-condition--s: {name: which, switch: '__mode__:value', cases: {fast: action--f, default: action--d}, on_completion: end--s}
  action--f: {name: fast, commands: [{type: manual, command: f}], on_completion: end--f}
  end--f: {name: fast end}
  action--d: {name: slow, commands: [{type: manual, command: d}], on_completion: end--d}
  end--d: {name: slow end}
  end--s: {name: which end}
  if-condition--i: {name: whether, condition: \"__mode__:value = 'fast'\", on_true: end--i, on_completion: end--z}
  end--i: {name: so}
  end--z: {name: end}
  action--x: {name: except, commands: [{type: manual, command: x}], on_completion: end--y}
  end--y: {name: excepted}
";

#[test]
fn branches_loops_and_choices_nest() {
    let world =
        World::new(NESTED).answers("fast", Outcome::Success, &[]).answers("count", Outcome::Success, &[("__n__", "2")]);
    world.play().check(
        Some(Ended::Completed),
        &[
            "begin done",
            "both done",
            "loop done",
            "which done",
            "count done",
            "round done",
            "loop done",
            "loop end done",
            "fast done",
            "fast end done",
            "which end done",
            "whether done",
            "so done",
            "end done",
        ],
    );
}

#[test]
fn a_failure_in_one_branch_ends_the_others() {
    let world = World::new(NESTED).answers("fast", failed(), &[]).answers("except", Outcome::Success, &[]);
    world.play().check(
        Some(Ended::Handled),
        &["begin done", "both done", "loop done", "which done", "fast failed: no", "except done", "excepted done"],
    );
}

#[test]
fn a_loop_that_never_ends_is_ended() {
    let endless = NESTED.replace("__n__:value < 2", "__n__:value < 5");
    let mut world = World::new(&endless).answers("fast", Outcome::Success, &[]).answers("count", Outcome::Success, &[]);
    world.run.done =
        vec![Done { step: String::new(), name: String::new(), at: at(0), outcome: Outcome::Success }; 9_990];
    let mut world = World { facts: world.facts, ..world };
    for _ in 0..200 {
        let Some(decision) = decide(&world.run, &world.around, world.now).0.into_iter().next() else { break };
        if let Decision::Record(fact @ RunFact::Cancelled { .. }) = decision {
            world.run.apply(9, world.now, fact);
            break;
        }
        if let Decision::Record(fact) = decision {
            world.run.apply(9, world.now, fact);
        }
        world.run.done.push(Done { step: String::new(), name: String::new(), at: at(0), outcome: Outcome::Success });
    }
    assert!(matches!(world.run.ended, Some(Ended::Cancelled { .. })));
}

const ACTS: &str = "
playbook_variables:
  __a__: {type: string, value: '203.0.113.9', external: true}
workflow:
  start--a: {name: begin, on_completion: action--b}
  action--b:
    name: block
    commands: [{type: manual, command: block}]
    on_completion: end--c
    quell: {action: net.block_address, with: {address: '__a__:value'}, ttl_minutes: 60}
  end--c: {name: end}
";

#[test]
fn what_is_done_is_intended_before_seen_after_and_taken_back_in_time() {
    let played = World::new(ACTS).play();
    played.check(Some(Ended::Completed), &["begin done", "block done", "end done", "undo net.block_address"]);
    let effect = played.run.effects.values().next().expect("an effect");
    assert_eq!(
        (effect.call.with["address"].as_str(), effect.undo.clone()),
        ("203.0.113.9", Undo::Done { observed: "seen".to_owned() })
    );
    let kinds: Vec<String> = played.facts.iter().map(|(_, _, fact)| fact.parts().0).collect();
    let of_effect: Vec<&str> =
        kinds.iter().map(String::as_str).filter(|kind| !kind.starts_with("run.step") && *kind != "run.begun").collect();
    assert_eq!(of_effect, ["run.intended", "run.applied", "run.verified", "run.undo_asked", "run.undone"]);
    assert_eq!(played.now, at(3_600), "it holds as long as it was to hold");
}

#[test]
fn nothing_is_done_without_its_value_its_evidence_and_its_agreement() {
    let valueless = ACTS.replace("value: '203.0.113.9', ", "");
    World::new(&valueless)
        .play()
        .check(Some(Ended::Failed), &["begin done", "block failed: the variable __a__ has no value"]);
    let guarded =
        ACTS.replace("ttl_minutes: 60", "evidence: [memory], approval: {quorum: 2, from: lead, expires_minutes: 30}");
    let mut world = World::new(&guarded).play();
    let waits = |world: &World| match &world.run.tokens.values().next().expect("a token").stage {
        Stage::Waiting { wait, .. } => wait.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(waits(&world), Wait::Evidence { classes: vec!["memory".to_owned()] });
    world.around.sealed.insert("memory".to_owned());
    let decisions = decide(&world.run, &world.around, world.now).0;
    world.perform(decisions.into_iter().next().expect("a question"));
    let Wait::Approval { rendered, quorum: 2, .. } = waits(&world) else { panic!("nobody is asked") };
    // One person twice is one person; agreeing to something else is no agreement.
    let agree =
        |rendered: &str, by: &str| RunFact::Approved { token: 1, rendered: rendered.to_owned(), by: UserId::new(by) };
    for fact in [agree(&rendered, "usr-1"), agree(&rendered, "usr-1"), agree("other", "usr-2")] {
        world.write(fact);
    }
    assert_eq!(decide(&world.run, &world.around, world.now).0, []);
    assert!(
        matches!(&decide(&world.run, &world.around, at(1_800)).0[..], [Decision::Record(RunFact::StepEnded { outcome: Outcome::Failure { reason }, .. })] if reason == "nobody agreed in time")
    );
    world.write(agree(&rendered, "usr-2"));
    world.play().check(Some(Ended::Completed), &["begin done", "block done", "end done"]);
}

#[test]
fn an_action_that_fails_leaves_what_it_intended_to_be_looked_at() {
    let mut world = World::new(ACTS);
    world.broken.insert("net.block_address");
    let played = world.play();
    played.check(Some(Ended::Failed), &["begin done", "block failed: broken", "undo net.block_address"]);
    assert_eq!(played.run.effects.values().next().expect("an effect").applied, None);
}

#[test]
fn values_are_never_looked_at_for_further_variables() {
    let hostile = ACTS.replace("203.0.113.9", "__a__:value $(id) __b__:value");
    let world = World::new(&hostile).play();
    assert_eq!(
        world.run.effects.values().next().expect("an effect").call.with["address"],
        "__a__:value $(id) __b__:value"
    );
}

#[test]
fn people_do_what_nothing_else_does_under_the_same_conditions() {
    let guard = "evidence: [memory], approval: {quorum: 2, from: lead, expires_minutes: 30}";
    let by_hand = ACTS.replace("action: net.block_address, with: {address: '__a__:value'}, ttl_minutes: 60", guard);
    let elsewhere = ACTS.replace("net.block_address", "edge.block").replace("ttl_minutes: 60", guard);
    for (body, agreed) in [(by_hand, BY_HAND), (elsewhere, "edge.block")] {
        let mut world = World::new(&body).answers("block", Outcome::Success, &[]);
        world.around.sealed.insert("memory".to_owned());
        let played = world.play();
        played.check(Some(Ended::Completed), &["begin done", "block done", "end done"]);
        let waits: Vec<&Wait> = played
            .facts
            .iter()
            .filter_map(|(_, _, fact)| match fact {
                RunFact::StepWaits { wait, .. } => Some(wait),
                _ => None,
            })
            .collect();
        assert!(
            matches!(&waits[..], [Wait::Approval { call, .. }, Wait::Person { commands, .. }]
                if call.action == agreed && commands == &["block"]),
            "{waits:?}"
        );
        assert!(played.run.effects.is_empty(), "what people do is not undone by Quell");
    }
}

#[test]
fn what_was_intended_and_never_written_down_is_taken_back_in_time() {
    let mut world = World::new(ACTS);
    world.broken.insert("net.block_address");
    let played = world.play();
    assert_eq!((played.trace.last().map(String::as_str), played.now), (Some("undo net.block_address"), at(3_600)));
}

const CALLING: &str = "
workflow_exception: action--x
playbook_variables:
  __given__: {type: string, value: nothing}
workflow:
  start--a: {name: begin, on_completion: playbook-action--b}
  playbook-action--b:
    name: call
    timeout: 60000
    playbook_id: playbook--11111111-1111-4111-8111-111111111111
    out_args: [__given__]
    on_success: if-condition--c
  if-condition--c: {name: ask, condition: \"__given__:value = 'found'\", on_true: end--d, on_completion: end--e}
  end--d: {name: inside}
  end--e: {name: end}
  action--x: {name: except, commands: [{type: manual, command: except}], on_completion: end--y}
  end--y: {name: excepted}
";

#[test]
fn a_playbook_that_another_calls_gives_back_what_it_found_or_fails_the_step() {
    let called = |ended, found: &str| {
        let mut world = World::new(CALLING).answers("except", Outcome::Success, &[]);
        let variables =
            BTreeMap::from([("__given__".to_owned(), found.to_owned()), ("__own__".to_owned(), "x".to_owned())]);
        world.around.called.insert("run-called".to_owned(), Called { ended, variables });
        world.play()
    };
    let found = called(Ended::Completed, "found");
    found.check(Some(Ended::Completed), &["begin done", "call done", "ask done", "inside done", "end done"]);
    assert!(!found.run.variables.contains_key("__own__"), "only what it is asked for");
    called(Ended::Completed, "not").check(Some(Ended::Completed), &["begin done", "call done", "ask done", "end done"]);
    let reason = "call failed: the playbook that it called ended otherwise: Failed";
    called(Ended::Failed, "found").check(Some(Ended::Handled), &["begin done", reason, "except done", "excepted done"]);
    let late = World::new(CALLING).answers("except", Outcome::Success, &[]).play();
    late.check(Some(Ended::Handled), &["begin done", "call failed: ACTION_TIMEOUT", "except done", "excepted done"]);
}
