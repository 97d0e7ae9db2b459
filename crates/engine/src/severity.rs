//! How serious an incident is, why, and what to call it.

use quell_model::{EntityKind, Entry, Level, Scope, SeverityReason, Tactic};

use crate::plot::Plot;

/// Different rules of weight that have to agree before their tactics raise the severity.
const AGREEING_RULES: usize = 3;

/// Severity with its reasons, the weightiest first.
pub(crate) fn of(plot: &Plot<'_>, scope: &Scope) -> (Level, Vec<SeverityReason>) {
    let tactics = plot.tactics();
    let mut reasons = Vec::new();
    let mut add = |level, text: String| reasons.push(SeverityReason { level, text });
    if let Some(worst) = plot.cluster.alerts.iter().max_by_key(|pinned| pinned.folded.level)
        && let Some(first) = worst.folded.first()
    {
        add(worst.folded.level, format!("alert \"{}\"", first.alert.rule.title));
    }
    for (tactic, level, text) in [
        (Tactic::Impact, Level::Critical, "systems or data were damaged"),
        (Tactic::Exfiltration, Level::Critical, "data left the organisation or was made ready to"),
        (Tactic::CredentialAccess, Level::High, "credentials were taken or exposed"),
        (Tactic::Persistence, Level::High, "the attacker prepared to come back"),
        (Tactic::DefenseEvasion, Level::High, "traces or defences were tampered with"),
    ] {
        let strong = plot.cluster.alerts.iter().any(|pinned| {
            let tags = pinned.folded.first().map(|raised| raised.alert.rule.tags.as_slice()).unwrap_or_default();
            pinned.folded.level >= Level::Medium && tags.iter().any(|tag| Tactic::of_tag(tag) == Some(tactic))
        });
        if strong {
            add(level, text.to_owned());
        }
    }
    if tactics.len() >= 4 {
        add(Level::High, format!("{} tactics of ATT&CK in one chain", tactics.len()));
    }
    // What tactics mean counts only where several rules agree that they were used.
    let agree = plot.rules_of(Level::Medium) >= AGREEING_RULES;
    let alert_level = reasons.first().map_or(Level::Low, |reason| reason.level);
    if !agree {
        reasons.retain(|reason| reason.level <= alert_level);
    }
    // That it spread is a fact and no tag.
    if scope.hosts.len() > 1 {
        let text = format!("it reached {} hosts", scope.hosts.len());
        reasons.push(SeverityReason { level: Level::Critical, text });
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.level));
    // Several independent strong reasons make the next level.
    let highest = reasons.first().map_or(Level::Low, |reason| reason.level);
    let strong = reasons.iter().filter(|reason| reason.level >= Level::High).count();
    let level = if highest == Level::High && strong >= 4 { Level::Critical } else { highest };
    (level, reasons)
}

/// One line that says what happened and where.
pub(crate) fn title(plot: &Plot<'_>, entry: &Entry, scope: &Scope) -> String {
    let tactics = plot.tactics();
    let began = match entry.kind {
        EntityKind::Url | EntityKind::File => {
            let file = entry.file.as_deref().or(entry.url.as_deref()).map(base).unwrap_or("a file");
            format!("Downloaded program {file}")
        }
        EntityKind::Credential => format!("Credential {}", entry.credential.as_deref().unwrap_or("of an account")),
        EntityKind::Session => {
            format!("Remote logon of {}", entry.principal.as_deref().unwrap_or("an account"))
        }
        EntityKind::Process => {
            format!("Program {}", entry.process.as_ref().map_or("of unknown origin", |process| base(&process.image)))
        }
        _ => entry.principal.clone().unwrap_or_else(|| "An account".to_owned()),
    };
    let led_to = [
        (Tactic::Impact, "damage"),
        (Tactic::Exfiltration, "data theft"),
        (Tactic::LateralMovement, "lateral movement"),
        (Tactic::CredentialAccess, "credential theft"),
        (Tactic::Persistence, "persistence"),
        (Tactic::DefenseEvasion, "tampering"),
        (Tactic::PrivilegeEscalation, "privilege escalation"),
        (Tactic::CommandAndControl, "remote control"),
        (Tactic::Execution, "suspicious execution"),
        (Tactic::Discovery, "reconnaissance"),
    ];
    // Many rules are tagged with lateral movement for what it may be used for; a title says what happened.
    let spread = scope.hosts.len() > 1;
    let happened = |tactic: &Tactic| tactics.contains(tactic) && (*tactic != Tactic::LateralMovement || spread);
    let effects: Vec<&str> =
        led_to.iter().filter(|(tactic, _)| happened(tactic)).map(|(_, word)| *word).take(2).collect();
    let effects = if effects.is_empty() { "suspicious activity".to_owned() } else { effects.join(" and ") };
    let place = match (scope.hosts.as_slice(), entry.kind) {
        ([], EntityKind::Principal) => String::new(),
        ([], _) => entry.principal.as_deref().map(|principal| format!(" as {}", base(principal))).unwrap_or_default(),
        ([one], _) => format!(" on {one}"),
        ([first, rest @ ..], _) => {
            format!(" from {first} to {} more host{}", rest.len(), if rest.len() == 1 { "" } else { "s" })
        }
    };
    format!("{began}: {effects}{place}")
}

fn base(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}
