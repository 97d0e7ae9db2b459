//! What can be wrong with a scenario: the file and place for its author, and the fault.

/// A scenario that cannot be loaded or rendered.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// A file is not there.
    #[error("no scenario file `{0}`")]
    Missing(String),
    /// A file is not valid YAML, or has keys the script language does not know.
    #[error("{file}: {reason}")]
    Yaml {
        /// File below `content/`.
        file: String,
        /// Line, column and reason.
        reason: String,
    },
    /// A file says something that makes no sense.
    #[error("{place}: {fault}")]
    Script {
        /// File below `content/`, with line and column or the name of the element.
        place: String,
        /// What is wrong there.
        fault: Fault,
    },
    /// More benign records were asked for than is allowed.
    #[error("background ratio {asked} is above {}", super::BACKGROUND_RATIO_MAX)]
    Ratio {
        /// Ratio asked for.
        asked: u32,
    },
}

/// What is wrong at a place of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A variable that is not in the cast, the parameters or an earlier step.
    #[error("unknown name `{0}`")]
    UnknownName(String),
    /// A record template, macro or output that is not there.
    #[error("no {kind} `{name}`")]
    NotThere {
        /// What was looked for.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A name that is defined more than once.
    #[error("`{0}` is defined twice")]
    Twice(String),
    /// A needed parameter that was not given.
    #[error("parameter `{0}` is needed")]
    Needed(String),
    /// A parameter the template does not have.
    #[error("there is no parameter `{0}`")]
    NoParameter(String),
    /// Text between `{{` and `}}` that is not an expression.
    #[error("cannot read expression `{0}`")]
    Expression(String),
    /// An expression on a value of the wrong kind.
    #[error("`{what}` needs {needs}")]
    Kind {
        /// Filter, generator or key.
        what: String,
        /// What it works on.
        needs: &'static str,
    },
    /// A time, delay or range that cannot be read.
    #[error("cannot read time or range `{0}`")]
    Span(String),
    /// Templates or macros that lead back to themselves, or too many records.
    #[error("too much: {0}")]
    TooMuch(&'static str),
    /// A step that has nothing to do, or too much.
    #[error("{0}")]
    Step(&'static str),
    /// The truth does not have the fields it should have.
    #[error("truth: {0}")]
    Truth(String),
}

impl Fault {
    pub(super) fn at(self, place: &str) -> ScenarioError {
        ScenarioError::Script { place: place.to_owned(), fault: self }
    }
}
