//! Messages to those who must know: what was said to whom, under which marking, and whether it arrived.

use quell_model::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Few, ItemId, Line, Stamp, Text};
use crate::Refusal;

/// What can happen to messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum MessageFact {
    /// Something was said, by whatever way.
    #[serde(rename = "message.recorded")]
    Recorded {
        /// To whom, as the communication plan calls them.
        audience: Line,
        /// Names or addresses.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
        to: Few<Line>,
        /// By which way.
        channel: Channel,
        /// What about.
        subject: Line,
        /// What.
        text: Text,
        /// Who may pass it on to whom.
        tlp: Tlp,
        /// By when somebody has to say that they know.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
        acknowledge_by: Option<Timestamp>,
        /// Who is told if nobody does.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
        escalate_to: Few<Line>,
    },
    /// Nobody said in time that they know, and others were told.
    #[serde(rename = "message.escalated")]
    Escalated {
        /// Which.
        message: ItemId,
    },
    /// It arrived, as far as the other side says.
    #[serde(rename = "message.delivered")]
    Delivered {
        /// Which.
        message: ItemId,
        /// Answer of the other side.
        answer: Line,
    },
    /// It could not be delivered.
    #[serde(rename = "message.failed")]
    Failed {
        /// Which.
        message: ItemId,
        /// Why.
        reason: Line,
    },
    /// Somebody answered that they know.
    #[serde(rename = "message.acknowledged")]
    Acknowledged {
        /// Which.
        message: ItemId,
        /// Who.
        by: Line,
    },
}

/// The way of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Quell sends it by mail.
    Mail,
    /// Quell sends it to a webhook.
    Webhook,
    /// By telephone.
    Phone,
    /// In a meeting.
    Meeting,
    /// On a portal of the other side.
    Portal,
    /// In another way.
    Other,
}

/// Traffic Light Protocol 2.0: to whom something may be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Tlp {
    /// Everybody.
    #[serde(rename = "clear")]
    Clear,
    /// The community.
    #[serde(rename = "green")]
    Green,
    /// The organisation and its clients, as far as they need to know.
    #[serde(rename = "amber")]
    Amber,
    /// The organisation only.
    #[serde(rename = "amber+strict")]
    AmberStrict,
    /// Named recipients only.
    #[serde(rename = "red")]
    Red,
}

impl Tlp {
    /// As it is written on documents.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Tlp::Clear => "TLP:CLEAR",
            Tlp::Green => "TLP:GREEN",
            Tlp::Amber => "TLP:AMBER",
            Tlp::AmberStrict => "TLP:AMBER+STRICT",
            Tlp::Red => "TLP:RED",
        }
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    /// Its id.
    pub id: ItemId,
    /// When and by whom it was recorded.
    pub stamp: Stamp,
    /// To whom.
    pub audience: Line,
    /// Names or addresses.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
    pub to: Few<Line>,
    /// By which way.
    pub channel: Channel,
    /// What about.
    pub subject: Line,
    /// What.
    pub text: Text,
    /// Its marking.
    pub tlp: Tlp,
    /// What became of it, for those that Quell sends.
    pub delivery: Delivery,
    /// Who answered that they know.
    pub acknowledged: Vec<Acknowledged>,
    /// By when somebody has to.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub acknowledge_by: Option<Timestamp>,
    /// Who is told if nobody does.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Line>, max_items = 200))]
    pub escalate_to: Few<Line>,
    /// When they were told.
    pub escalated: Option<Stamp>,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It was said without Quell.
    Said,
    /// Quell is to send it.
    Waiting,
    /// It arrived.
    Delivered(Stamp),
    /// It could not be delivered.
    Failed(Stamp),
}

/// Somebody who knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Acknowledged {
    /// When it was said, and by whom.
    pub stamp: Stamp,
    /// Who.
    pub by: Line,
}

/// All messages, in the order in which they were recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Messages(Vec<Message>);

impl Messages {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Message> {
        self.0.iter()
    }

    /// One message.
    #[must_use]
    pub fn get(&self, id: ItemId) -> Option<&Message> {
        self.0.iter().find(|message| message.id == id)
    }

    /// The first message that reached an audience.
    #[must_use]
    pub fn reached(&self, audience: &str) -> Option<&Message> {
        self.all_that_reached(audience).next()
    }

    /// Messages that reached an audience, in order.
    pub fn all_that_reached(&self, audience: &str) -> impl Iterator<Item = &Message> {
        let arrived = |message: &&Message| matches!(message.delivery, Delivery::Said | Delivery::Delivered(_));
        self.0.iter().filter(move |message| message.audience.as_str() == audience).filter(arrived)
    }

    pub(super) fn decide(&self, fact: MessageFact) -> Result<MessageFact, Refusal> {
        let Some(id) = fact.message() else { return receivers(fact) };
        let message = self.get(id).ok_or_else(|| Refusal::Unknown("message", id.to_string()))?;
        match (&fact, &message.delivery) {
            (MessageFact::Delivered { .. } | MessageFact::Failed { .. }, Delivery::Said) => {
                Err(Refusal::State("Quell does not send this message"))
            }
            (MessageFact::Delivered { .. } | MessageFact::Failed { .. }, Delivery::Delivered(_)) => {
                Err(Refusal::NoChange)
            }
            _ => Ok(fact),
        }
    }

    pub(super) fn apply(&mut self, stamp: Stamp, fact: MessageFact) {
        if let MessageFact::Recorded { audience, to, channel, subject, text, tlp, acknowledge_by, escalate_to } = fact {
            let sends = matches!(channel, Channel::Mail | Channel::Webhook);
            let delivery = if sends { Delivery::Waiting } else { Delivery::Said };
            self.0.push(Message {
                id: stamp.item(),
                stamp,
                audience,
                to,
                channel,
                subject,
                text,
                tlp,
                delivery,
                acknowledged: Vec::new(),
                acknowledge_by,
                escalate_to,
                escalated: None,
            });
            return;
        }
        let Some(message) = self.0.iter_mut().find(|message| Some(message.id) == fact.message()) else { return };
        match fact {
            MessageFact::Recorded { .. } => {}
            MessageFact::Delivered { .. } => message.delivery = Delivery::Delivered(stamp),
            MessageFact::Failed { .. } => message.delivery = Delivery::Failed(stamp),
            MessageFact::Escalated { .. } => message.escalated = Some(stamp),
            MessageFact::Acknowledged { by, .. } => message.acknowledged.push(Acknowledged { stamp, by }),
        }
    }
}

/// What Quell sends has to go somewhere.
fn receivers(fact: MessageFact) -> Result<MessageFact, Refusal> {
    match &fact {
        MessageFact::Recorded { channel: Channel::Mail | Channel::Webhook, to, .. } if to.as_slice().is_empty() => {
            Err(Refusal::Missing("somebody to send it to"))
        }
        MessageFact::Recorded { channel: Channel::Webhook, to, .. } if to.as_slice().len() > 1 => {
            Err(Refusal::State("a message goes to one webhook; record one for each"))
        }
        MessageFact::Recorded { channel, escalate_to, .. }
            if !escalate_to.as_slice().is_empty() && !matches!(channel, Channel::Mail | Channel::Webhook) =>
        {
            Err(Refusal::State("Quell tells others only by mail and webhooks; set a task instead"))
        }
        MessageFact::Recorded { acknowledge_by: None, escalate_to, .. } if !escalate_to.as_slice().is_empty() => {
            Err(Refusal::Missing("a time by which somebody has to say that they know"))
        }
        _ => Ok(fact),
    }
}

impl MessageFact {
    /// Which message it is about; none if it makes one.
    #[must_use]
    pub fn message(&self) -> Option<ItemId> {
        match self {
            MessageFact::Recorded { .. } => None,
            MessageFact::Delivered { message, .. }
            | MessageFact::Failed { message, .. }
            | MessageFact::Escalated { message }
            | MessageFact::Acknowledged { message, .. } => Some(*message),
        }
    }
}
