//! A run of a playbook: its facts, its state as a fold over them, and the decision what happens next. Pure; [`decide`] says what to
//! do, somebody else does it and writes down what came of it.
//!
//! Where CACAO is silent: a failure goes to `on_failure`, else to `workflow_exception`, else it ends the run. What was changed by
//! then stays until people take it back.

mod decide;
mod fact;
mod plan;
mod rehearse;
mod state;

pub use decide::{Around, BY_HAND, Called, Decision, TAKE_BACK, decide, rendering};
pub use fact::{About, Call, Outcome, RunFact, Wait};
pub use plan::{Approval, Ours, Plan, PlanError, Step, StepWork, Variable};
pub use rehearse::{Happened, Rehearsed, Script, rehearse};
pub use state::{Done, Effect, Ended, Run, Stage, Token, Undo};

#[cfg(test)]
mod tests;
