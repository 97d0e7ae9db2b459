//! Tasks: what somebody has to do, by when, for which activity.

use quell_model::process::ResponseRole;
use quell_model::{Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::{ItemId, Line, Stamp, Text};
use crate::Refusal;

/// What can happen to a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum TaskFact {
    /// It was set.
    #[serde(rename = "task.set")]
    Set {
        /// What to do.
        title: Line,
        /// For which activity.
        #[serde(default)]
        activity: Option<Line>,
        /// Whose it usually is.
        #[serde(default)]
        role: Option<ResponseRole>,
        /// Whose it is.
        #[serde(default)]
        assignee: Option<UserId>,
        /// By when.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
        due_at: Option<Timestamp>,
    },
    /// It is somebody's now, or nobody's.
    #[serde(rename = "task.assigned")]
    Assigned {
        /// Which.
        task: ItemId,
        /// Whose.
        to: Option<UserId>,
    },
    /// It is due at another time, or at none.
    #[serde(rename = "task.moved")]
    Moved {
        /// Which.
        task: ItemId,
        /// By when.
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
        due_at: Option<Timestamp>,
        /// Why.
        reason: Text,
    },
    /// It was done.
    #[serde(rename = "task.done")]
    Done {
        /// Which.
        task: ItemId,
        /// What came of it.
        result: Text,
    },
    /// It need not be done.
    #[serde(rename = "task.dropped")]
    Dropped {
        /// Which.
        task: ItemId,
        /// Why.
        reason: Text,
    },
    /// It has to be done after all, or again.
    #[serde(rename = "task.reopened")]
    Reopened {
        /// Which.
        task: ItemId,
        /// Why.
        reason: Text,
    },
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Task {
    /// Its id.
    pub id: ItemId,
    /// When and by whom it was set.
    pub stamp: Stamp,
    /// What to do.
    pub title: Line,
    /// For which activity.
    pub activity: Option<Line>,
    /// Whose it usually is.
    pub role: Option<ResponseRole>,
    /// Whose it is.
    pub assignee: Option<UserId>,
    /// By when.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub due_at: Option<Timestamp>,
    /// What became of it.
    pub end: Option<TaskEnd>,
}

/// The end of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaskEnd {
    /// When and by whom.
    pub stamp: Stamp,
    /// What came of it, or why it need not be done.
    pub text: Text,
    /// Whether it was done.
    pub done: bool,
}

/// All tasks, in the order in which they were set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Tasks(Vec<Task>);

impl Tasks {
    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Task> {
        self.0.iter()
    }

    pub(super) fn decide(&self, fact: TaskFact) -> Result<TaskFact, Refusal> {
        let Some(id) = fact.task() else { return Ok(fact) };
        let task = self.0.iter().find(|task| task.id == id);
        let task = task.ok_or_else(|| Refusal::Unknown("task", id.to_string()))?;
        match &fact {
            TaskFact::Reopened { .. } if task.end.is_none() => Err(Refusal::NoChange),
            TaskFact::Reopened { .. } => Ok(fact),
            _ if task.end.is_some() => Err(Refusal::State("the task has ended; reopen it first")),
            TaskFact::Assigned { to, .. } if task.assignee == *to => Err(Refusal::NoChange),
            TaskFact::Moved { due_at, .. } if task.due_at == *due_at => Err(Refusal::NoChange),
            _ => Ok(fact),
        }
    }

    pub(super) fn apply(&mut self, stamp: Stamp, fact: TaskFact) {
        if let TaskFact::Set { title, activity, role, assignee, due_at } = fact {
            self.0.push(Task { id: stamp.item(), stamp, title, activity, role, assignee, due_at, end: None });
            return;
        }
        let Some(task) = self.0.iter_mut().find(|task| Some(task.id) == fact.task()) else { return };
        match fact {
            TaskFact::Set { .. } => {}
            TaskFact::Assigned { to, .. } => task.assignee = to,
            TaskFact::Moved { due_at, .. } => task.due_at = due_at,
            TaskFact::Done { result, .. } => task.end = Some(TaskEnd { stamp, text: result, done: true }),
            TaskFact::Dropped { reason, .. } => task.end = Some(TaskEnd { stamp, text: reason, done: false }),
            TaskFact::Reopened { .. } => task.end = None,
        }
    }
}

impl TaskFact {
    /// Which task it is about; none if it makes one.
    #[must_use]
    pub fn task(&self) -> Option<ItemId> {
        match self {
            TaskFact::Set { .. } => None,
            TaskFact::Assigned { task, .. }
            | TaskFact::Moved { task, .. }
            | TaskFact::Done { task, .. }
            | TaskFact::Dropped { task, .. }
            | TaskFact::Reopened { task, .. } => Some(*task),
        }
    }
}
