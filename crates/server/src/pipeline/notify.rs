//! Messages on their way out: in order for each receiver, tried again while the other side cannot take them, escalated when
//! nobody says that they know. What was recorded is sent at least once, always under the same id.

use std::time::Duration;

use quell_incident::Fact;
use quell_incident::work::{Few, Line, Message, MessageFact};
use quell_model::ports::{Notice, NotifyError, Way};
use quell_model::{Expected, NewLedgerEntry, SYSTEM_ACTOR, Timestamp, Viewer};
use quell_store::{StoreError, WaitingMessage};

use crate::App;
use crate::hub::Change;

const EVERY: Duration = Duration::from_millis(500);
/// Tries after which a message has failed: about half an hour.
const TRIES_MAX: u32 = 12;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Runs until the server stops.
pub(crate) async fn notify(app: App) {
    let mut stop = app.stop.clone();
    while tokio::time::timeout(EVERY, stop.wait_for(|stop| *stop)).await.is_err() {
        for (channel, way) in [("mail", Way::Mail), ("webhook", Way::Webhook)] {
            while !*app.stop.borrow() {
                match send_next(&app, channel, way).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        tracing::warn!(%error, channel, "messages could not be sent");
                        break;
                    }
                }
            }
        }
        if let Err(error) = escalate(&app).await {
            tracing::warn!(%error, "messages could not be escalated");
        }
    }
}

/// Sends the next message of a channel; answers whether there was one.
async fn send_next(app: &App, channel: &str, way: Way) -> Result<bool, StoreError> {
    let Some(waiting) = app.store.next_message(channel, app.clock.now()).await? else { return Ok(false) };
    let Some(message) = read(app, &waiting).await? else {
        let reason = Line::shortened("its entry cannot be read");
        record(app, &waiting, vec![MessageFact::Failed { message: waiting.id, reason }]).await?;
        return Ok(true);
    };
    let notice = Notice {
        id: format!("quell-{}-{}", app.store.signing_key().key_id(), waiting.id.0),
        to: message.to.as_slice().iter().map(ToString::to_string).collect(),
        subject: message.subject.to_string(),
        text: message.text.as_str().to_owned(),
        tlp: message.tlp.label().to_owned(),
    };
    let fact = match app.notifier.send(way, notice).await {
        Ok(answer) => MessageFact::Delivered { message: waiting.id, answer: Line::shortened(&answer) },
        Err(NotifyError::Unavailable(reason)) if waiting.tries + 1 < TRIES_MAX => {
            tracing::warn!(reason, message = waiting.id.0, tries = waiting.tries + 1, "a message is tried again later");
            app.store.put_off_message(waiting.id, later(app.clock.now(), waiting.tries)).await?;
            return Ok(true);
        }
        Err(error) => {
            tracing::error!(%error, message = waiting.id.0, incident = %waiting.incident, "a message could not be sent");
            MessageFact::Failed { message: waiting.id, reason: Line::shortened(&error.to_string()) }
        }
    };
    record(app, &waiting, vec![fact]).await?;
    Ok(true)
}

/// Each wait is twice the one before.
fn later(now: Timestamp, tries: u32) -> Timestamp {
    let wait = FIRST_WAIT.saturating_mul(1 << tries.min(20)).min(LONGEST_WAIT);
    now.checked_add(wait).unwrap_or(now)
}

async fn read(app: &App, waiting: &WaitingMessage) -> Result<Option<Message>, StoreError> {
    let worked = app.store.worked(&Viewer::System, &waiting.incident, None).await?;
    Ok(worked.and_then(|worked| worked.work.messages.get(waiting.id).cloned()))
}

/// Tells others when nobody said in time that they know.
async fn escalate(app: &App) -> Result<(), StoreError> {
    for unheard in app.store.unheard_messages(app.clock.now()).await? {
        let escalated = MessageFact::Escalated { message: unheard.id };
        let facts = match read(app, &unheard).await? {
            Some(message) if !message.escalate_to.as_slice().is_empty() => vec![again(&message), escalated],
            _ => vec![escalated],
        };
        tracing::warn!(message = unheard.id.0, incident = %unheard.incident, "nobody acknowledged a message in time");
        record(app, &unheard, facts).await?;
    }
    Ok(())
}

/// The same message for those who are told next.
fn again(message: &Message) -> MessageFact {
    MessageFact::Recorded {
        audience: message.audience.clone(),
        to: message.escalate_to.clone(),
        channel: message.channel,
        subject: Line::shortened(&format!("[nobody acknowledged] {}", message.subject)),
        text: message.text.clone(),
        tlp: message.tlp,
        acknowledge_by: None,
        escalate_to: Few::default(),
    }
}

async fn record(app: &App, of: &WaitingMessage, facts: Vec<MessageFact>) -> Result<(), StoreError> {
    let entry = |fact: &MessageFact| {
        let ((kind, body), stream) = (fact.parts(), format!("incident/{}", of.incident));
        NewLedgerEntry { stream, expected: Expected::Any, actor: SYSTEM_ACTOR.to_owned(), kind, body }
    };
    app.store.append(app.clock.now(), facts.iter().map(entry).collect()).await?;
    app.hub.publish(Change::Incident(of.incident.clone()));
    Ok(())
}
