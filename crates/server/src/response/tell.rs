//! People hear of a run that waits for them, ended badly, or could not take something back: as a message of the incident, so that
//! it is tried until it arrives and can be seen in the ledger. Each place of a run is told of once.

use std::time::Duration;

use quell_incident::work::{Channel, Few, Line, MessageFact, Text, Tlp, WorkFact};
use quell_model::Timestamp;
use quell_playbook::run::{Ended, Run, Stage, Undo, Wait};

use super::case;
use super::drive::later;
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
    let (due, later): (Vec<News>, Vec<News>) =
        news(id, run, who.after, now).into_iter().partition(|news| news.due_at <= now);
    for news in due {
        for (to, channel) in [(&who.mail, Channel::Mail), (&who.webhooks, Channel::Webhook)] {
            if !to.is_empty()
                && let Err(error) = record(app, run, &news, (to, channel)).await
            {
                tracing::warn!(%error, run = id, "people could not be told");
            }
        }
    }
    later.into_iter().map(|news| news.due_at).min()
}

fn news(id: &str, run: &Run, after: Duration, now: Timestamp) -> Vec<News> {
    let mut all = Vec::new();
    for (number, token) in &run.tokens {
        let Stage::Waiting { at, wait, .. } = &token.stage else { continue };
        let step = run.step(token).map(|step| step.name.as_str()).unwrap_or_default();
        let place = format!("({id}, {number})");
        let (due_at, subject, text) = match wait {
            Wait::Approval { call, quorum, from, expires_at, .. } => {
                let with: Vec<String> = call.with.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                let text = format!(
                    "It needs {quorum} of role {from} or above to agree before {expires_at}.\n\n{}\n{}\n\nquell run approve {id}",
                    call.action,
                    with.join("\n")
                );
                (*at, format!("Agreement is needed: {step} {place}"), text)
            }
            Wait::Person { commands, .. } => {
                let text = format!("{}\n\nquell run done {id}", commands.join("\n"));
                (later(*at, after), format!("A step waits for a person: {step} {place}"), text)
            }
            Wait::Evidence { classes } => {
                let text = format!("Nothing is destroyed before evidence is sealed: {}.", classes.join(", "));
                (later(*at, after), format!("A step waits for evidence: {step} {place}"), text)
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
                subject: format!("Not taken back: {action} ({id}, {entry})"),
                text: format!("{reason}\n\nIt stays as it is until somebody looks. quell run show {id}"),
            }),
            // Whoever asks for this has tried just now.
            Undo::Asked { reason } => all.push(News {
                due_at: now,
                subject: format!("Not yet taken back: {action} ({id}, {entry})"),
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
            quell_playbook::run::Outcome::Failure { reason } => Some(format!("{}: {reason}", done.name)),
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

async fn record(
    app: &App,
    run: &Run,
    news: &News,
    (to, channel): (&[String], Channel),
) -> Result<(), quell_model::action::ActionError> {
    let subject = Line::shortened(&news.subject);
    let text = format!("{}\n{}\nIncident {}", run.plan.name, news.text, run.incident);
    let refused = |error: &dyn std::fmt::Display| quell_model::action::ActionError::Refused(error.to_string());
    let text = Text::try_from(text.chars().take(10_000).collect::<String>()).map_err(|error| refused(&error))?;
    let to = Few::try_from(to.iter().map(|one| Line::shortened(one)).collect::<Vec<_>>());
    let to = to.map_err(|error| refused(&error))?;
    let fact = WorkFact::Message(MessageFact::Recorded {
        audience: Line::shortened("responders"),
        to,
        channel,
        subject: subject.clone(),
        text,
        tlp: Tlp::AmberStrict,
        acknowledge_by: None,
        escalate_to: Few::default(),
    });
    case::work(app, &run.incident, |worked| {
        let is_told =
            |message: &quell_incident::work::Message| message.subject == subject && message.channel == channel;
        (!worked.work.messages.iter().any(is_told)).then(|| fact.clone())
    })
    .await
}
