//! People hear of a run that waits for them, ended badly, or could not take something back: as a message of the incident, so that
//! it is tried until it arrives and can be seen in the ledger. Each place of a run is told of once.

use std::collections::BTreeMap;
use std::time::Duration;

use quell_incident::work::{Channel, Few, Line, Message, MessageFact, Text, Tlp, WorkFact};
use quell_model::Timestamp;
use quell_model::action::ActionError;
use quell_playbook::run::{Ended, Outcome, Run, Stage, Undo, Wait};

use super::case;
use super::drive::later;
use super::owners::owners;
use crate::App;

/// Who is told, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tell {
    /// Addresses that get mail.
    pub mail: Vec<String>,
    /// Names of webhooks.
    pub webhooks: Vec<String>,
    /// How long a step of a person may wait before they are reminded. What needs agreement is told at once.
    pub after: Duration,
}

/// Longest text.
const TEXT_CHARS_MAX: usize = 10_000;
/// When it is tried again to tell somebody.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// Something that people have to hear of.
struct News {
    due_at: Timestamp,
    /// What about; it names run and place, so that it is told once.
    subject: String,
    text: String,
}

/// Tells what is due; when the next is.
pub(super) async fn tell(app: &App, (id, run): (&str, &Run), now: Timestamp) -> Option<Timestamp> {
    let who = &app.settings.tell;
    if run.simulated || (who.mail.is_empty() && who.webhooks.is_empty()) {
        return None;
    }
    let (due, later_on): (Vec<News>, Vec<News>) =
        news((id, run), &app.settings.owners, who.after, now).into_iter().partition(|news| news.due_at <= now);
    let mail = (!who.mail.is_empty()).then(|| (who.mail.clone(), Channel::Mail));
    let hooks = who.webhooks.iter().map(|hook| (vec![hook.clone()], Channel::Webhook));
    let ways: Vec<_> = mail.into_iter().chain(hooks).collect();
    let mut next = later_on.into_iter().map(|news| news.due_at).min();
    for news in due {
        for (to, channel) in &ways {
            let Err(error) = record(app, run, &news, (to, *channel)).await else { continue };
            tracing::warn!(%error, run = id, "people could not be told");
            // An incident that takes no more work will not take it later either.
            if matches!(error, ActionError::Unavailable(_)) {
                next = next.into_iter().chain([later(now, AGAIN_AFTER)]).min();
            }
        }
    }
    next
}

fn news((id, run): (&str, &Run), known: &BTreeMap<String, Vec<String>>, after: Duration, now: Timestamp) -> Vec<News> {
    let mut all = Vec::new();
    for (number, token) in &run.tokens {
        let Stage::Waiting { at, wait, .. } = &token.stage else { continue };
        let step = run.step(token).map(|step| step.name.as_str()).unwrap_or_default();
        let place = format!("({id} {number})");
        let (due_at, subject, text) = match wait {
            Wait::Approval { call, quorum, from, expires_at, rendered } => {
                // What is asked anew is told anew.
                let asked = rendered.get(..8).unwrap_or(rendered);
                let with: Vec<String> = call.with.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                let owners: Vec<String> = match run.step(token).and_then(|step| step.ours.approval.as_ref()) {
                    Some(approval) if approval.owner => owners(known, call).into_iter().collect(),
                    _ => Vec::new(),
                };
                let owned = match owners.as_slice() {
                    [] => String::new(),
                    owners => format!(" One of them has to be its owner: {}.", owners.join(", ")),
                };
                let text = format!(
                    "It needs {quorum} of role {from} or above to agree before {expires_at}.{owned}\n\n{}\n{}\n\nquell run approve {id} {number}",
                    call.action,
                    with.join("\n")
                );
                (*at, format!("Agreement is needed {place} {asked}: {step}"), text)
            }
            Wait::Person { commands, .. } => {
                let text = format!("{}\n\nquell run done {id} {number}", commands.join("\n"));
                (later(*at, after), format!("A step waits for a person {place}: {step}"), text)
            }
            Wait::Evidence { classes } => {
                let text = format!("Nothing is destroyed before evidence is sealed: {}.", classes.join(", "));
                (later(*at, after), format!("A step waits for evidence {place}: {step}"), text)
            }
            // The run that it waits for says so itself.
            Wait::Run { .. } => continue,
        };
        all.push(News { due_at, subject, text });
    }
    for (entry, effect) in &run.effects {
        let action = &effect.call.action;
        match &effect.undo {
            Undo::Stopped { reason } => all.push(News {
                due_at: now,
                subject: format!("Not taken back ({id} {entry}): {action}"),
                text: format!("{reason}\n\nIt stays as it is until somebody looks. quell run show {id}"),
            }),
            // Whoever asks for this has tried just now.
            Undo::Asked { reason } => all.push(News {
                due_at: now,
                subject: format!("Not yet taken back ({id} {entry}): {action}"),
                text: format!(
                    "It was asked for ({reason}), and the target cannot be reached. It is tried until it can."
                ),
            }),
            Undo::No | Undo::Done { .. } => {}
        }
    }
    if let Some(ended) = &run.ended
        && !matches!(ended, Ended::Completed | Ended::Cancelled { .. })
    {
        let why = run.done.iter().rev().find_map(|done| match &done.outcome {
            Outcome::Failure { reason } => Some(format!("{}: {reason}", done.name)),
            _ => None,
        });
        all.push(News {
            due_at: now,
            subject: format!("A run did not reach its end ({id})"),
            text: format!("{}\n\nWhat it changed stays. quell run show {id}", why.unwrap_or_default()),
        });
    }
    all
}

async fn record(app: &App, run: &Run, news: &News, (to, channel): (&[String], Channel)) -> Result<(), ActionError> {
    let refused = |error: &dyn std::fmt::Display| ActionError::Refused(error.to_string());
    let said = |restricted: bool| -> Result<(Line, Text), ActionError> {
        // Those who are told need not be those who may know.
        let (subject, text) = match restricted {
            true => (
                news.subject.split(": ").next().unwrap_or_default(),
                "The incident is restricted: look into Quell.".to_owned(),
            ),
            false => (news.subject.as_str(), format!("{}\n{}\nIncident {}", run.plan.name, news.text, run.incident)),
        };
        let text = Text::try_from(text.chars().take(TEXT_CHARS_MAX).collect::<String>());
        Ok((Line::shortened(subject), text.map_err(|error| refused(&error))?))
    };
    let (open, restricted) = (said(false)?, said(true)?);
    let to = Few::try_from(to.iter().map(|one| Line::shortened(one)).collect::<Vec<_>>());
    let to: Few<Line> = to.map_err(|error| refused(&error))?;
    let fact = |(subject, text): (Line, Text)| {
        WorkFact::Message(MessageFact::Recorded {
            audience: Line::shortened("responders"),
            to: to.clone(),
            channel,
            subject,
            text,
            tlp: Tlp::AmberStrict,
            acknowledge_by: None,
            escalate_to: Few::default(),
        })
    };
    case::work(app, &run.incident, |worked| {
        let said = if worked.incident.members.is_some() { &restricted } else { &open };
        let is_told = |message: &Message| {
            message.subject == said.0 && message.channel == channel && message.to.as_slice() == to.as_slice()
        };
        (!worked.work.messages.iter().any(is_told)).then(|| fact(said.clone()))
    })
    .await
}
