//! How serious an incident is: impact as NIST SP 800-61 r2 section 3.2.6 has it, raised by the potential for escalation, with
//! the NCISS score beside it. Everything that was judged is an input; the result follows from inputs alone.

use std::collections::{BTreeMap, BTreeSet};

use quell_model::Level;
use quell_model::handbook::ScoreSheet;
use serde::{Deserialize, Serialize};

/// What the incident does to services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FunctionalImpact {
    /// All services to all users.
    None,
    /// All critical services to all users, less efficiently.
    Low,
    /// A critical service is lost to some of its users.
    Medium,
    /// A critical service is lost to all users.
    High,
    /// Not known yet; counts as medium.
    Unknown,
}

/// What the incident does to information.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InformationImpact {
    /// Personal data were seen or taken.
    PrivacyBreach,
    /// Confidential information of the organisation was seen or taken.
    ProprietaryBreach,
    /// Information was changed or deleted.
    IntegrityLoss,
    /// Not known yet; counts as one of them.
    Unknown,
}

/// What it takes to recover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Recoverability {
    /// Foreseeable, with what is there.
    Regular,
    /// Foreseeable, with more.
    Supplemented,
    /// Not foreseeable; help from outside is needed.
    Extended,
    /// It cannot be undone.
    NotRecoverable,
    /// Not known yet; counts as extended.
    Unknown,
}

/// How it could get worse, as far as the graph shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Escalation {
    /// The intruder is still active, or may be.
    pub active: bool,
    /// Administrative rights were gained.
    pub privileged: bool,
    /// Critical systems and data that can be reached from what the intruder holds.
    pub critical_reachable: u32,
}

/// Everything that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SeverityInputs {
    /// Services.
    pub functional: FunctionalImpact,
    /// Information; empty for none.
    #[serde(default)]
    pub information: BTreeSet<InformationImpact>,
    /// Recovery.
    pub recoverability: Recoverability,
    /// How it could get worse.
    #[serde(default)]
    pub escalation: Escalation,
    /// NCISS: the option of each category; empty if it was not scored.
    #[serde(default)]
    pub nciss: BTreeMap<String, String>,
}

/// What follows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SeverityResult {
    /// How serious.
    pub level: Level,
    /// Why, part by part.
    pub why: Vec<String>,
    /// NCISS, if all its categories were judged.
    pub nciss: Option<Nciss>,
}

/// A score of the National Cyber Incident Scoring System.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Nciss {
    /// From 0 to 100, two places.
    pub score: f64,
    /// Level by the cut-offs of the sheet.
    pub level: String,
}

/// Why a severity cannot be worked out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeverityError {
    /// There is no such category.
    #[error("{0} is no category of NCISS")]
    Category(String),
    /// There is no such option.
    #[error("{option} is no option of {category}; possible: {possible}")]
    Option {
        /// Category.
        category: String,
        /// What was chosen.
        option: String,
        /// What can be.
        possible: String,
    },
    /// It counts only as a whole.
    #[error("NCISS needs every category; {0} is missing")]
    Missing(String),
}

impl SeverityInputs {
    /// Works out what follows.
    ///
    /// # Errors
    /// The choices for NCISS are none of the sheet's, or not all of them.
    pub fn result(&self, sheet: &ScoreSheet) -> Result<SeverityResult, SeverityError> {
        let nciss = if self.nciss.is_empty() { None } else { Some(nciss(sheet, &self.nciss)?) };
        let parts = [self.functional(), self.information(), self.recovery()];
        let worst = parts.iter().map(|(level, _)| *level).max().unwrap_or(Level::Low);
        let mut why: Vec<String> = parts.into_iter().map(|(level, text)| format!("{level}: {text}")).collect();
        let mut level = worst;
        if let Some(reason) = self.escalation.reason() {
            level = next(worst);
            why.push(format!("{level}: raised, {reason}"));
        }
        Ok(SeverityResult { level, why, nciss })
    }

    fn functional(&self) -> (Level, &'static str) {
        match self.functional {
            FunctionalImpact::None => (Level::Low, "all services reach all users"),
            FunctionalImpact::Low => (Level::Medium, "critical services run, less efficiently"),
            FunctionalImpact::Medium => (Level::High, "a critical service is lost to some users"),
            FunctionalImpact::High => (Level::Critical, "a critical service is lost to all users"),
            FunctionalImpact::Unknown => {
                (Level::High, "what it does to services is not known, so the worse is assumed")
            }
        }
    }

    fn information(&self) -> (Level, &'static str) {
        let known = self.information.iter().filter(|impact| **impact != InformationImpact::Unknown).count();
        match (known, self.information.is_empty()) {
            (0, true) => (Level::Low, "no information is touched"),
            (0, false) => (Level::High, "what it does to information is not known, so the worse is assumed"),
            (1, _) => (Level::High, "information was breached or changed"),
            _ => (Level::Critical, "information was breached or changed in several ways"),
        }
    }

    fn recovery(&self) -> (Level, &'static str) {
        match self.recoverability {
            Recoverability::Regular => (Level::Low, "recovery is foreseeable with what is there"),
            Recoverability::Supplemented => (Level::Medium, "recovery is foreseeable, with more means"),
            Recoverability::Extended => (Level::High, "recovery is not foreseeable"),
            Recoverability::NotRecoverable => (Level::Critical, "what happened cannot be undone"),
            Recoverability::Unknown => (Level::High, "what recovery takes is not known, so the worse is assumed"),
        }
    }
}

impl Escalation {
    /// Why it has to be expected that it gets worse.
    fn reason(self) -> Option<String> {
        if !self.active {
            return None;
        }
        match (self.privileged, self.critical_reachable) {
            (false, 0) => None,
            (true, 0) => Some("an active intruder has administrative rights".to_owned()),
            (_, count) => Some(format!("an active intruder can reach {count} critical systems")),
        }
    }
}

fn next(level: Level) -> Level {
    match level {
        Level::Informational => Level::Low,
        Level::Low => Level::Medium,
        Level::Medium => Level::High,
        Level::High | Level::Critical => Level::Critical,
    }
}

/// NCISS: the weighted mean of all categories, brought to 0 to 100 by what is the least and the most.
fn nciss(sheet: &ScoreSheet, chosen: &BTreeMap<String, String>) -> Result<Nciss, SeverityError> {
    if let Some(unknown) = chosen.keys().find(|id| !sheet.categories.iter().any(|category| category.id == **id)) {
        return Err(SeverityError::Category(unknown.clone()));
    }
    let (mut sum, mut least, mut most) = (0.0, 0.0, 0.0);
    for category in &sheet.categories {
        let choice = chosen.get(&category.id).ok_or_else(|| SeverityError::Missing(category.id.clone()))?;
        let option = category.options.iter().find(|option| option.id == *choice);
        let option = option.ok_or_else(|| SeverityError::Option {
            category: category.id.clone(),
            option: choice.clone(),
            possible: category.options.iter().map(|option| option.id.as_str()).collect::<Vec<_>>().join(", "),
        })?;
        let values = || category.options.iter().map(|option| option.value);
        sum += category.weight * option.value;
        least += category.weight * values().fold(f64::INFINITY, f64::min);
        most += category.weight * values().fold(f64::NEG_INFINITY, f64::max);
    }
    let score = (100.0 * (sum - least) / (most - least)).clamp(0.0, 100.0);
    let score = (score * 100.0).round() / 100.0;
    let level = sheet.levels.iter().find(|level| score >= level.from);
    Ok(Nciss { score, level: level.map(|level| level.name.clone()).unwrap_or_default() })
}
