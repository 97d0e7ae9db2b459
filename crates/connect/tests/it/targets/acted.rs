//! What tests of actions share: the cycle of act, look, take back, look; and what is known about coverage.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use quell_model::action::{Action, Actions, Containing, With};
use serde_json::Value;

/// RE&CT actions that were done and taken back on a real target.
static COVERED: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Notes that a cycle showed one of the RE&CT actions that an action says it is.
pub(crate) fn covers(action: &dyn Containing, react: &'static str) {
    assert!(action.spec().react.contains(&react), "{} does not say that it is {react}", action.spec().id);
    COVERED.lock().unwrap().insert(react);
}

pub(crate) fn covered() -> Vec<&'static str> {
    COVERED.lock().unwrap().iter().copied().collect()
}

pub(crate) fn sh(line: &str) -> bool {
    Command::new("sh")
        .arg("-c")
        .arg(line)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
}

pub(crate) fn with(pairs: &[(&str, &str)]) -> With {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn containing<'a>(actions: &'a Actions, id: &str) -> &'a dyn Containing {
    match actions.get(id).unwrap() {
        Action::Containing(action) => &**action,
        _ => panic!("{id} cannot be undone"),
    }
}

/// Captures, acts twice, looks, takes back twice, looks; `free` says whether it is as if nothing had been done.
pub(crate) async fn cycle(action: &dyn Containing, with: &With, free: impl Fn() -> bool) -> Value {
    assert!(free(), "{}: not as it should be before", action.spec().id);
    action.check(with).await.unwrap();
    let captured = action.capture(with).await.unwrap();
    assert!(free(), "a check changes nothing");
    for _ in 0..2 {
        action.apply(with, &captured).await.unwrap();
        assert_eq!(action.capture(with).await.unwrap(), action.wanted(with, &captured));
    }
    let seen = action.verify(with, &captured).await.unwrap();
    println!("{}: {seen}", action.spec().id);
    assert!(!free(), "{}: nothing is in force", action.spec().id);
    assert!(action.verify_undone(with, &captured).await.is_err());
    for _ in 0..2 {
        action.undo(with, &captured).await.unwrap();
        assert_eq!(action.capture(with).await.unwrap(), captured);
    }
    println!("{}: {}", action.spec().id, action.verify_undone(with, &captured).await.unwrap());
    assert!(free(), "{}: still in force", action.spec().id);
    assert!(action.verify(with, &captured).await.is_err());
    if let [react] = action.spec().react {
        covers(action, react);
    }
    captured
}
