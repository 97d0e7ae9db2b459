//! Regimes: laws and contracts that set a term for telling somebody about an incident.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Whether a regime counts today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RegimeStatus {
    /// It does.
    InForce,
    /// It may come.
    Proposed,
    /// It is decided and will come.
    AdoptedFuture,
}

/// How sure its text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Certainty {
    /// From the text of the rule, or an official rendering of it.
    A,
    /// From summaries; the wording has to be checked at the source.
    B,
    /// Not confirmed; never on.
    #[serde(rename = "verify")]
    Verify,
}

/// Where a duty comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RegimeKind {
    /// A law or an authority.
    Regulatory,
    /// A contract.
    Contractual,
}

/// A law or a contract with its stages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Regime {
    /// Name in data.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// ISO country, `EU`, or `INT` where no country sets the rule.
    pub jurisdiction: String,
    /// Where the duty comes from.
    pub kind: RegimeKind,
    /// The source.
    pub law: String,
    /// Whether it counts today.
    pub status: RegimeStatus,
    /// How sure its text is.
    pub certainty: Certainty,
    /// The day on which somebody compared it with the source.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub verified_on: Option<Date>,
    /// Whether it is used at all.
    pub enabled: bool,
    /// First day, where the rule is young: what happened before has no clock.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub applies_from: Option<Date>,
    /// What a reader should know before relying on it.
    pub note: String,
    /// When it applies.
    pub trigger: String,
    /// What has to be answered to decide that. Yes speaks for the duty.
    pub questions: Vec<RegimeQuestion>,
    /// Who can allow a delay.
    #[serde(default)]
    pub tolling: Option<String>,
    /// Lateness must be explained to the recipient.
    #[serde(default)]
    pub reasons_if_late: bool,
    /// Impact rating that counts as long as none was given.
    #[serde(default)]
    pub default_impact: Option<u8>,
    /// What has to be sent.
    pub stages: Vec<RegimeStage>,
}

/// A question, answered with yes or no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RegimeQuestion {
    /// Name in data.
    pub id: String,
    /// What to ask.
    pub text: String,
}

/// Something that has to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RegimeStage {
    /// Name in data.
    pub id: String,
    /// As it is shown.
    pub name: String,
    /// To whom.
    pub to: String,
    /// What the message must have.
    pub fields: Vec<String>,
    /// How sure the list of contents is, where it is less sure than the term.
    #[serde(default)]
    pub fields_certainty: Option<Certainty>,
    /// Terms that compete: the earliest counts.
    pub terms: Vec<RegimeTerm>,
    /// Counts alone when its anchor came later than what the other terms give.
    #[serde(default)]
    pub late_term: Option<RegimeTerm>,
    /// The source names no figure; the hours are Quell's, to have something to plan by.
    #[serde(default)]
    pub advisory: bool,
    /// Count from the end of that period, not from the anchor itself.
    #[serde(default)]
    pub from_end_of: Option<TermPeriod>,
    /// The stage that must have been sent before.
    #[serde(default)]
    pub after: Option<String>,
    /// Whether it comes again.
    #[serde(default)]
    pub repeats: Option<Repeats>,
    /// Sending this counts as sending that stage, too; sending that one after what this one counts from counts as sending
    /// this one.
    #[serde(default)]
    pub updates: Option<String>,
    /// Answers under which it is due. A question that is open does not stop it.
    #[serde(default)]
    pub when: BTreeMap<String, bool>,
    /// What happens when it falls on a day off.
    #[serde(default)]
    pub weekend: Weekend,
    /// What it counts from need not happen: a payment, a request.
    #[serde(default)]
    pub conditional: bool,
    /// Unless the answer to this question is no, the time runs through whatever day it is.
    #[serde(default)]
    pub runs_through_unless_not: Option<String>,
    /// Classes for which it is a recommendation.
    #[serde(default)]
    pub recommended_for: BTreeSet<String>,
    /// First day, where it differs from that of the regime.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub applies_from: Option<Date>,
    /// How sure it is, where it is less sure than the regime.
    #[serde(default)]
    pub certainty: Option<Certainty>,
    /// Whether it is used, where that differs from the regime.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// The source, where it differs.
    #[serde(default)]
    pub law: Option<String>,
    /// What a reader should know.
    #[serde(default)]
    pub note: Option<String>,
}

/// A time to count from, and how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RegimeTerm {
    /// What it counts from: something that was said to have happened, or `submitted:` and a stage.
    pub anchor: String,
    /// How long.
    pub due: TermLength,
    /// Only for these classes of certification; empty for all.
    #[serde(default)]
    pub classes: BTreeSet<String>,
    /// Only for these impact ratings; empty for all.
    #[serde(default)]
    pub impact: BTreeSet<u8>,
}

/// How long a term is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TermLength {
    /// Minutes; they run through.
    Minutes(u32),
    /// Hours; they run through.
    Hours(u32),
    /// Calendar days: the same time of a later day.
    Days(u32),
    /// Days that are no days off.
    BusinessDays(u32),
    /// Months: the same day of a later month, or its last one.
    Months(u32),
}

/// A period that has to end first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TermPeriod {
    /// January to December.
    CalendarYear,
}

/// How a stage comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Repeats {
    /// Counted from its own last submission, until the incident is resolved.
    Interval,
    /// Whenever there is something new.
    OnNews,
    /// Whenever the authority asks.
    OnRequest,
}

/// What happens when a term ends on a day off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Weekend {
    /// Nothing.
    #[default]
    RunsThrough,
    /// It ends at noon of the next working day.
    NextWorkingDayNoon,
}

/// The anchor that ends what repeats.
pub const RESOLVED: &str = "resolved";
/// Begins an anchor that is a submission; the id of a stage follows.
pub const SUBMITTED: &str = "submitted:";

impl Regime {
    /// What its terms count from.
    pub fn anchors(&self) -> impl Iterator<Item = &str> {
        self.terms().map(|term| term.anchor.as_str()).chain([RESOLVED])
    }

    /// Whether terms depend on a class of certification, and which classes there are.
    #[must_use]
    pub fn classes(&self) -> BTreeSet<&str> {
        self.terms().flat_map(|term| &term.classes).map(String::as_str).collect()
    }

    /// Which impact ratings terms depend on.
    #[must_use]
    pub fn impacts(&self) -> BTreeSet<u8> {
        self.terms().flat_map(|term| &term.impact).copied().collect()
    }

    fn terms(&self) -> impl Iterator<Item = &RegimeTerm> {
        self.stages.iter().flat_map(|stage| stage.terms.iter().chain(&stage.late_term))
    }

    /// Whether a stage is used: what is not sure never is.
    #[must_use]
    pub fn uses(&self, stage: &RegimeStage) -> bool {
        let sure = |certainty: Certainty| certainty != Certainty::Verify;
        let certain = sure(self.certainty) && stage.certainty.is_none_or(sure);
        self.enabled && self.status == RegimeStatus::InForce && certain && stage.enabled.unwrap_or(true)
    }
}
