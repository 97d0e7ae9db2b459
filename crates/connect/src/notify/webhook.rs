//! Webhooks, signed as Standard Webhooks describes: `webhook-id`, `webhook-timestamp`, and in `webhook-signature` the
//! HMAC-SHA256 of `id.timestamp.body`. The id stays the same when a message is sent again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use quell_model::ports::{Clock, Notice, NotifyError};
use reqwest::{Client, StatusCode, Url, redirect};
use serde_json::{Value, json};
use sha2::Sha256;

const WITHIN: Duration = Duration::from_secs(20);

/// What the body looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookShape {
    /// Id, subject, text and marking as JSON.
    Plain,
    /// An incoming webhook of Slack.
    Slack,
    /// A workflow of Microsoft Teams: an adaptive card.
    Teams,
    /// An incoming webhook of Mattermost.
    Mattermost,
}

/// A webhook.
#[derive(Clone)]
pub struct WebhookSettings {
    /// Where it is.
    pub url: String,
    /// What it takes.
    pub shape: WebhookShape,
    /// With what it is signed; none for what checks no signature.
    pub secret: Option<String>,
}

impl std::fmt::Debug for WebhookSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address of a chat's webhook is a secret itself.
        f.debug_struct("WebhookSettings").field("shape", &self.shape).finish_non_exhaustive()
    }
}

pub(super) struct Webhooks {
    client: Client,
    hooks: BTreeMap<String, (Url, WebhookSettings)>,
    clock: Arc<dyn Clock>,
}

impl Webhooks {
    pub(super) fn new(settings: BTreeMap<String, WebhookSettings>, clock: Arc<dyn Clock>) -> Result<Webhooks, String> {
        let parsed = |(name, hook): (String, WebhookSettings)| {
            let url = Url::parse(&hook.url).map_err(|error| format!("webhook {name}: {error}"))?;
            Ok((name, (url, hook)))
        };
        let hooks = settings.into_iter().map(parsed).collect::<Result<_, String>>()?;
        // One provider for the whole process; whoever was first has set the same.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        // Where a webhook sends on to is not what the operator configured.
        let client = Client::builder().timeout(WITHIN).redirect(redirect::Policy::none()).build();
        Ok(Webhooks { client: client.map_err(|error| error.to_string())?, hooks, clock })
    }

    pub(super) async fn send(&self, notice: &Notice) -> Result<String, NotifyError> {
        let mut answers = Vec::new();
        for name in &notice.to {
            let hook = self.hooks.get(name);
            let (url, settings) = hook.ok_or_else(|| NotifyError::Refused(format!("there is no webhook {name}")))?;
            let status = self.post(url, settings, notice).await?;
            answers.push(format!("{name}: {status}"));
        }
        Ok(answers.join(", "))
    }

    async fn post(&self, url: &Url, settings: &WebhookSettings, notice: &Notice) -> Result<StatusCode, NotifyError> {
        let body = body(settings.shape, notice).to_string();
        let timestamp = self.clock.now().as_second().to_string();
        let mut request = self.client.post(url.clone()).header("content-type", "application/json");
        request = request.header("webhook-id", &notice.id).header("webhook-timestamp", &timestamp);
        if let Some(secret) = &settings.secret {
            request = request.header("webhook-signature", signature(secret, &notice.id, &timestamp, &body));
        }
        // The address can be a secret, and an error would tell it.
        let answer = request.body(body).send().await.map_err(|error| {
            NotifyError::Unavailable(format!("the webhook could not be reached: {}", error.without_url()))
        })?;
        let status = answer.status();
        match status {
            _ if status.is_success() => Ok(status),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Err(unavailable(status)),
            _ if status.is_server_error() => Err(unavailable(status)),
            _ => Err(NotifyError::Refused(format!("the webhook answered {status}"))),
        }
    }
}

fn unavailable(status: StatusCode) -> NotifyError {
    NotifyError::Unavailable(format!("the webhook answered {status}"))
}

fn signature(secret: &str, id: &str, timestamp: &str, body: &str) -> String {
    // Keys of Standard Webhooks are base64 behind a prefix; any other text is the key itself.
    let key = secret.strip_prefix("whsec_").and_then(|key| STANDARD.decode(key).ok());
    let key = key.unwrap_or_else(|| secret.as_bytes().to_vec());
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

fn body(shape: WebhookShape, notice: &Notice) -> Value {
    let subject = format!("[{}] {}", notice.tlp, notice.subject);
    match shape {
        WebhookShape::Plain => {
            json!({ "id": notice.id, "subject": notice.subject, "text": notice.text, "tlp": notice.tlp })
        }
        WebhookShape::Slack => json!({ "text": format!("*{}*\n{}", slack(&subject), slack(&notice.text)) }),
        WebhookShape::Mattermost => {
            json!({ "username": "Quell", "text": format!("**{}**\n\n{}", plain(&subject), plain(&notice.text)) })
        }
        WebhookShape::Teams => {
            let block = |text: &str, weight: &str| json!({ "type": "TextBlock", "wrap": true, "weight": weight, "text": plain(text) });
            let card = json!({
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": [block(&subject, "bolder"), block(&notice.text, "default")],
            });
            let content_type = "application/vnd.microsoft.card.adaptive";
            json!({ "type": "message", "attachments": [{ "contentType": content_type, "content": card }] })
        }
    }
}

/// Text for Slack: its three special characters, so that nothing in it becomes a link or calls a channel.
fn slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Text for chats that read Markdown: nobody is called, and brackets make no link.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '[' | ']' | '!' | '<' | '>' | '`') {
            shown.push('\\');
        }
        shown.push(c);
        if c == '@' {
            // A zero width space keeps `@channel` from calling everybody.
            shown.push('\u{200b}');
        }
    }
    shown
}
