//! Under which framework an incident is looked at, and what people say about activities.

use serde::{Deserialize, Serialize};

use super::{Line, Stamp, Text};
use crate::Refusal;

/// What can be said about the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum ChoiceFact {
    /// It is looked at under this framework from now on. The work stays what it is (invariant 7).
    #[serde(rename = "framework.chosen")]
    Framework {
        /// Id of the framework.
        framework: Line,
    },
    /// An activity that only a person can judge was done.
    #[serde(rename = "activity.done")]
    Done {
        /// Id of the activity.
        activity: Line,
        /// What was done.
        how: Text,
    },
    /// An activity is left out.
    #[serde(rename = "activity.waived")]
    Waived {
        /// Id of the activity.
        activity: Line,
        /// Why it may be.
        reason: Text,
    },
    /// It is not done after all, or not left out any more.
    #[serde(rename = "activity.reopened")]
    Reopened {
        /// Id of the activity.
        activity: Line,
        /// Why.
        reason: Text,
    },
}

/// What somebody said about an activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Word {
    /// Id of the activity.
    pub activity: Line,
    /// Whether it is left out; done otherwise.
    pub waived: bool,
    /// What was done, or why it is left out.
    pub text: Text,
    /// When and by whom.
    pub stamp: Stamp,
}

/// Choices about the process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Choices {
    /// Framework of this incident; none for that of the organisation.
    pub framework: Option<Line>,
    /// What holds about activities.
    pub words: Vec<Word>,
}

impl Choices {
    /// What holds about an activity.
    #[must_use]
    pub fn word(&self, activity: &str) -> Option<&Word> {
        self.words.iter().find(|word| word.activity.as_str() == activity)
    }

    pub(super) fn decide(&self, fact: ChoiceFact) -> Result<ChoiceFact, Refusal> {
        match &fact {
            ChoiceFact::Framework { framework } if self.framework.as_ref() == Some(framework) => Err(Refusal::NoChange),
            ChoiceFact::Reopened { activity, .. } if self.word(activity.as_str()).is_none() => {
                Err(Refusal::State("nobody said that this activity was done or left out"))
            }
            ChoiceFact::Done { activity, .. } | ChoiceFact::Waived { activity, .. } => {
                match self.word(activity.as_str()) {
                    Some(_) => Err(Refusal::State("this activity was done or left out already; reopen it first")),
                    None => Ok(fact),
                }
            }
            _ => Ok(fact),
        }
    }

    pub(super) fn apply(&mut self, stamp: Stamp, fact: ChoiceFact) {
        match fact {
            ChoiceFact::Framework { framework } => self.framework = Some(framework),
            ChoiceFact::Done { activity, how } => self.say(Word { activity, waived: false, text: how, stamp }),
            ChoiceFact::Waived { activity, reason } => self.say(Word { activity, waived: true, text: reason, stamp }),
            ChoiceFact::Reopened { activity, .. } => self.words.retain(|word| word.activity != activity),
        }
    }

    fn say(&mut self, word: Word) {
        self.words.retain(|held| held.activity != word.activity);
        self.words.push(word);
    }
}
