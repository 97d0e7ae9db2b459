//! Scenarios: scripted intrusions, as data, that render to the raw logs the products would have written.
//!
//! A scenario names a cast (hosts, accounts, keys, addresses), the steps of the intrusion, and the benign work around
//! them. Steps name record templates; templates hold the JSON skeleton of one log line. Rendering is pure: the same
//! scenario, seed, ratio and start give the same bytes. The truth comes out beside the logs and says which records the
//! attacker caused and how they hang together.
//!
//! `content/scenarios/README.md` describes the script language. This module must never read a file, a clock or the
//! system's randomness, and must never know what a log source or a product is: that is in the templates.

mod error;
mod eval;
mod expr;
mod filter;
mod ids;
mod load;
mod plan;
mod response;
mod script;
mod span;
mod truth;
mod write;

use quell_model::Timestamp;

pub use error::ScenarioError;
pub use load::Scenario;
pub use response::{Response, ResponseEntry};
pub use truth::{RecordAt, Truth, TruthEndpoint, TruthEntry, TruthProcess, TruthScope, TruthStep};

/// Most benign records for each record of the intrusion.
pub const BACKGROUND_RATIO_MAX: u32 = 2_000;

/// What a rendering depends on, beside the scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenderOptions {
    /// Source of every made-up id, name and delay.
    pub seed: u64,
    /// Benign records for each record the attacker caused, at most [`BACKGROUND_RATIO_MAX`].
    pub background_ratio: u32,
    /// Time of the script's `+00:00`.
    pub start: Timestamp,
}

/// A log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// Relative path, with forward slashes.
    pub path: String,
    /// Contents.
    pub bytes: Vec<u8>,
}

/// Logs and what they mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// Log files, by path.
    pub files: Vec<RenderedFile>,
    /// What happened in them.
    pub truth: Truth,
}

/// Writes the logs of a scenario.
///
/// # Errors
/// When the ratio is too high or the script names something it does not have.
pub fn render(scenario: &Scenario, options: &RenderOptions) -> Result<Rendered, ScenarioError> {
    if options.background_ratio > BACKGROUND_RATIO_MAX {
        return Err(ScenarioError::Ratio { asked: options.background_ratio });
    }
    let mut plan = plan::Plan::of(scenario, options)?;
    let written = write::write(scenario, &mut plan, options)?;
    let truth = truth::tell(scenario, &mut plan, &written)?;
    Ok(Rendered { files: written.files, truth })
}
