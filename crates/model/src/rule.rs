//! What every detection carries whatever found it: a level and ATT&CK tags.

use serde::{Deserialize, Serialize};

/// How serious a detection or an incident is. The five levels of the Sigma specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Context for others; never a reason to look by itself.
    Informational,
    /// Notable, usually benign.
    Low,
    /// Worth a look.
    #[default]
    Medium,
    /// Likely hostile.
    High,
    /// Almost certainly hostile.
    Critical,
}

impl Level {
    /// Lower-case name, as in rules and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Informational => "informational",
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
            Level::Critical => "critical",
        }
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// An ATT&CK Enterprise tactic, in kill-chain order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tactic {
    /// TA0043
    Reconnaissance,
    /// TA0042
    ResourceDevelopment,
    /// TA0001
    InitialAccess,
    /// TA0002
    Execution,
    /// TA0003
    Persistence,
    /// TA0004
    PrivilegeEscalation,
    /// TA0005
    DefenseEvasion,
    /// TA0006
    CredentialAccess,
    /// TA0007
    Discovery,
    /// TA0008
    LateralMovement,
    /// TA0009
    Collection,
    /// TA0011
    CommandAndControl,
    /// TA0010
    Exfiltration,
    /// TA0040
    Impact,
}

impl Tactic {
    /// Reads a Sigma tag such as `attack.credential-access` (or with underscores, as older rules write it).
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Tactic> {
        let name = tag.strip_prefix("attack.")?.replace('_', "-");
        Some(match name.as_str() {
            "reconnaissance" => Tactic::Reconnaissance,
            "resource-development" => Tactic::ResourceDevelopment,
            "initial-access" => Tactic::InitialAccess,
            "execution" => Tactic::Execution,
            "persistence" => Tactic::Persistence,
            "privilege-escalation" => Tactic::PrivilegeEscalation,
            // ATT&CK v19 splits defense evasion; both halves are read as the tactic readers know.
            "defense-evasion" | "stealth" | "defense-impairment" => Tactic::DefenseEvasion,
            "credential-access" => Tactic::CredentialAccess,
            "discovery" => Tactic::Discovery,
            "lateral-movement" => Tactic::LateralMovement,
            "collection" => Tactic::Collection,
            "command-and-control" => Tactic::CommandAndControl,
            "exfiltration" => Tactic::Exfiltration,
            "impact" => Tactic::Impact,
            _ => return None,
        })
    }

    /// Name as readers know it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Tactic::Reconnaissance => "reconnaissance",
            Tactic::ResourceDevelopment => "resource development",
            Tactic::InitialAccess => "initial access",
            Tactic::Execution => "execution",
            Tactic::Persistence => "persistence",
            Tactic::PrivilegeEscalation => "privilege escalation",
            Tactic::DefenseEvasion => "defense evasion",
            Tactic::CredentialAccess => "credential access",
            Tactic::Discovery => "discovery",
            Tactic::LateralMovement => "lateral movement",
            Tactic::Collection => "collection",
            Tactic::CommandAndControl => "command and control",
            Tactic::Exfiltration => "exfiltration",
            Tactic::Impact => "impact",
        }
    }
}

/// The technique id of a Sigma tag: `attack.t1003.001` is `T1003.001`.
#[must_use]
pub fn technique_of_tag(tag: &str) -> Option<String> {
    let id = tag.strip_prefix("attack.")?;
    let digits = id.strip_prefix(['t', 'T'])?;
    let valid = digits.len() >= 4 && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    valid.then(|| format!("T{digits}"))
}
