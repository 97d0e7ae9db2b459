//! What was not logged, and what to do: texts of the engine as sentences, whatever their grammar.

use quell_model::{MissingTelemetry, NextAction};

/// How the engine begins an action about a log source, and its reason.
const COLLECT: &str = "Consider collecting: ";
const WOULD_SHOW: &str = "it would show ";

/// A log source and what it would show: `VPC flow logs:` and `traffic of the instance`. A colon, because a source may be
/// a pointer to elsewhere, and what it shows a sentence of its own.
pub(crate) fn gap(gap: &MissingTelemetry) -> (String, String) {
    (format!("{}:", trimmed(&gap.log_source)), trimmed(&gap.would_show).to_owned())
}

/// An action with its reason: `Isolate WS01 (the attacker holds processes on it)`.
pub(crate) fn action(action: &NextAction) -> (String, String) {
    let (text, why) = (trimmed(&action.text), trimmed(&action.why));
    match (text.strip_prefix(COLLECT), why.strip_prefix(WOULD_SHOW)) {
        (Some(source), Some(shows)) if is_pointer(source) => {
            (format!("Consider collecting what would prove the inferred steps: {source}"), bracketed("", shows))
        }
        (Some(_), Some(shows)) => (text.to_owned(), bracketed("would show: ", shows)),
        _ => (text.to_owned(), bracketed("", why)),
    }
}

fn bracketed(start: &'static str, why: &str) -> String {
    if why.is_empty() { String::new() } else { format!("({start}{why})") }
}

fn is_pointer(source: &str) -> bool {
    source.starts_with("see ")
}

fn trimmed(text: &str) -> &str {
    text.trim().trim_end_matches('.')
}
