//! Mail over SMTP (RFC 5321). The Message-ID is made of the id of the message, so that a receiver that gets it twice can tell.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use quell_model::ports::{Notice, NotifyError};

const WITHIN: Duration = Duration::from_secs(30);

/// How the mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// STARTTLS, and nothing without it.
    Starttls,
    /// In the clear: for a relay on the same machine.
    None,
}

/// A mail server.
#[derive(Clone)]
pub struct MailSettings {
    /// Its host.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub tls: MailTls,
    /// Who sends, as in `Quell <quell@example.com>`.
    pub from: String,
    /// User and password, if it wants them.
    pub credentials: Option<(String, String)>,
}

impl std::fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailSettings").field("server", &self.server).field("port", &self.port).finish_non_exhaustive()
    }
}

pub(super) struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mail {
    pub(super) fn new(settings: MailSettings) -> Result<Mail, String> {
        let MailSettings { server, port, tls, from, credentials } = settings;
        let from = from.parse().map_err(|error| format!("{from} is no address: {error}"))?;
        let tls = match tls {
            MailTls::None => Tls::None,
            MailTls::Implicit => Tls::Wrapper(parameters(&server)?),
            MailTls::Starttls => Tls::Required(parameters(&server)?),
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server).port(port).tls(tls);
        let mut builder = builder.timeout(Some(WITHIN));
        if let Some((user, password)) = credentials {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Mail { transport: builder.build(), from })
    }

    pub(super) async fn send(&self, notice: &Notice) -> Result<String, NotifyError> {
        let message = self.message(notice)?;
        match self.transport.send(message).await {
            Ok(answer) => {
                let words: Vec<&str> = answer.message().collect();
                Ok(format!("{} {}", answer.code(), words.join(" ")))
            }
            Err(error) if error.is_permanent() => Err(NotifyError::Refused(error.to_string())),
            Err(error) => Err(NotifyError::Unavailable(error.to_string())),
        }
    }

    fn message(&self, notice: &Notice) -> Result<Message, NotifyError> {
        let refused = |what: String| NotifyError::Refused(what);
        let domain = self.from.email.domain();
        let mut builder = Message::builder()
            .from(self.from.clone())
            .subject(format!("[{}] {}", notice.tlp, notice.subject))
            .message_id(Some(format!("<{}@{domain}>", notice.id)))
            .header(ContentType::TEXT_PLAIN)
            .raw_header(HeaderValue::new(AUTO, "auto-generated".to_owned()));
        for to in &notice.to {
            let to: Mailbox = to.parse().map_err(|error| refused(format!("{to} is no address: {error}")))?;
            builder = builder.to(to);
        }
        let text = format!("{}\n\n{}\n\n{}\n", notice.tlp, notice.text, notice.tlp);
        builder.body(text).map_err(|error| refused(error.to_string()))
    }
}

/// RFC 3834: nobody's absence notice answers it.
const AUTO: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

fn parameters(server: &str) -> Result<TlsParameters, String> {
    TlsParameters::new(server.to_owned()).map_err(|error| format!("TLS for {server}: {error}"))
}
