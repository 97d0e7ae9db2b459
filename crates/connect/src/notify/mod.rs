//! Messages to people: mail over SMTP, and signed webhooks in the shapes that chats take.
//!
//! Only servers and addresses that the operator configured are spoken to; a message names webhooks, never a URL.

mod mail;
mod webhook;

use std::collections::BTreeMap;
use std::sync::Arc;

use quell_model::ports::{Answer, Clock, Notice, Notifier, NotifyError, Way};

pub use mail::{MailSettings, MailTls};
pub use webhook::{WebhookSettings, WebhookShape};

use mail::Mail;
use webhook::Webhooks;

/// Where messages can go.
#[derive(Debug, Clone, Default)]
pub struct NotifySettings {
    /// The mail server, if there is one.
    pub mail: Option<MailSettings>,
    /// Webhooks by name.
    pub webhooks: BTreeMap<String, WebhookSettings>,
}

/// Brings messages out.
pub struct Courier {
    mail: Option<Mail>,
    webhooks: Webhooks,
}

impl Courier {
    /// What these settings say.
    ///
    /// # Errors
    /// An address, a host or a URL is not one.
    pub fn new(settings: NotifySettings, clock: Arc<dyn Clock>) -> Result<Courier, String> {
        let mail = settings.mail.map(Mail::new).transpose()?;
        Ok(Courier { mail, webhooks: Webhooks::new(settings.webhooks, clock)? })
    }
}

impl Notifier for Courier {
    fn send(&self, way: Way, notice: Notice) -> Answer<'_, Result<String, NotifyError>> {
        Box::pin(async move {
            match (way, &self.mail) {
                (Way::Mail, Some(mail)) => mail.send(&notice).await,
                (Way::Mail, None) => Err(NotifyError::Refused("no mail server is configured (notify.mail)".to_owned())),
                (Way::Webhook, _) => self.webhooks.send(&notice).await,
            }
        })
    }
}
