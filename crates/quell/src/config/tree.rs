//! Every setting, with its default.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::response::Response;

/// All settings of `quell serve`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Version of this form.
    pub(crate) version: u32,
    /// Where browsers, shippers and programs connect. Loopback unless you say otherwise.
    #[schemars(with = "String")]
    pub(crate) listen: SocketAddr,
    /// Scheme, host and port under which users reach Quell, if that is not where it listens.
    pub(crate) public_origin: Option<String>,
    /// A `postgres://` URL; left out for the embedded store in the data folder.
    pub(crate) storage: Option<String>,
    /// TLS for `listen`.
    pub(crate) tls: Option<Tls>,
    /// The log on standard error.
    pub(crate) log: Log,
    /// Intake.
    pub(crate) intake: Intake,
    /// The live pipeline.
    pub(crate) pipeline: Pipeline,
    /// How long things are kept.
    pub(crate) retention: Retention,
    /// Rules and mappings.
    pub(crate) rules: Rules,
    /// How incidents are worked on.
    pub(crate) process: Process,
    /// Messages to people.
    pub(crate) notify: Notify,
    /// What playbooks may touch, and how.
    pub(crate) response: Response,
    /// A vault that secrets are in.
    pub(crate) vault: Option<VaultAt>,
    /// Sign-in.
    pub(crate) access: Access,
    /// Syslog listeners.
    pub(crate) syslog: Vec<Syslog>,
    /// Files that are followed.
    pub(crate) follow: Vec<Follow>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            version: 1,
            listen: SocketAddr::from(([127, 0, 0, 1], 7400)),
            public_origin: None,
            storage: None,
            tls: None,
            log: Log::default(),
            intake: Intake::default(),
            pipeline: Pipeline::default(),
            retention: Retention::default(),
            rules: Rules::default(),
            process: Process::default(),
            notify: Notify::default(),
            response: Response::default(),
            vault: None,
            access: Access::default(),
            syslog: Vec::new(),
            follow: Vec::new(),
        }
    }
}

impl Config {
    /// As it may be shown: the password of the database is left out.
    pub(crate) fn without_secrets(mut self) -> Config {
        self.storage = self.storage.map(|url| without_password(&url));
        self
    }
}

/// `postgres://user:***@host/name`; a password among the parameters is left out, too.
fn without_password(url: &str) -> String {
    let (before, parameters) = url.split_once('?').map_or((url, None), |(before, rest)| (before, Some(rest)));
    let shown = match (before.split_once("://"), before.rsplit_once('@')) {
        (Some((scheme, rest)), Some((_, host))) if rest.contains('@') => {
            let user = rest.split([':', '@']).next().unwrap_or_default();
            let password = if rest.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) { ":***" } else { "" };
            format!("{scheme}://{user}{password}@{host}")
        }
        _ => before.to_owned(),
    };
    let Some(parameters) = parameters else { return shown };
    let hidden = parameters.split('&').map(|pair| if pair.starts_with("password=") { "password=***" } else { pair });
    format!("{shown}?{}", hidden.collect::<Vec<_>>().join("&"))
}

/// A certificate with its key, PEM files.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    /// Certificate chain.
    pub(crate) certificate: PathBuf,
    /// Private key.
    pub(crate) key: PathBuf,
}

/// The log.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// What is logged: `error`, `warn`, `info`, `debug`, or a filter such as `info,quell_server=debug`.
    pub(crate) level: String,
    /// One JSON object a line, for machines; or text, for people.
    pub(crate) json: bool,
}

impl Default for Log {
    fn default() -> Log {
        Log { level: "info".to_owned(), json: false }
    }
}

/// Intake.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Intake {
    /// MiB of deliveries that may wait to be stored; more wait at the door.
    pub(crate) waiting_mib_max: usize,
    /// Deliveries that may be stored and not yet matched; beyond it senders are told to come back.
    pub(crate) backlog_max: u64,
    /// Connections open at once.
    pub(crate) connections_max: usize,
}

impl Default for Intake {
    fn default() -> Intake {
        Intake { waiting_mib_max: 64, backlog_max: 20_000, connections_max: 12_000 }
    }
}

/// The live pipeline.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Pipeline {
    /// Observations held in memory for stories, about 150 bytes each. Older ones are forgotten, except evidence.
    pub(crate) observations_max: usize,
    /// A record delivered twice is found among so many, about 40 bytes each.
    pub(crate) dedupe_records: usize,
}

impl Default for Pipeline {
    fn default() -> Pipeline {
        Pipeline { observations_max: 400_000, dedupe_records: 512 << 10 }
    }
}

/// How long things are kept.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retention {
    /// Days that events are kept after they arrived; 0 for ever. Alerts, incidents and the ledger stay.
    pub(crate) events_days: u32,
}

impl Default for Retention {
    fn default() -> Retention {
        Retention { events_days: 90 }
    }
}

/// Rules and mappings.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Rules {
    /// With our own rules.
    pub(crate) own: bool,
    /// Folders or files of Sigma rules beside them.
    pub(crate) folders: Vec<PathBuf>,
    /// Mappings of sources that Quell does not know.
    pub(crate) mappings: Vec<PathBuf>,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { own: true, folders: Vec::new(), mappings: Vec::new() }
    }
}

/// How incidents are worked on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Process {
    /// Framework of the organisation; `quell framework list` shows them. One incident can be looked at under another.
    pub(crate) framework: String,
    /// Regimes that the organisation is under, such as `gdpr-33`: for each incident somebody decides whether they apply.
    pub(crate) regimes: Vec<String>,
    /// Time zone in which days begin, such as `Europe/Vienna`.
    pub(crate) time_zone: String,
    /// Days off beside Saturday and Sunday by jurisdiction of regimes, such as `EU = ["2026-12-25"]`.
    pub(crate) holidays: BTreeMap<String, Vec<String>>,
}

impl Default for Process {
    fn default() -> Process {
        Process {
            framework: quell_content::process::NEUTRAL.to_owned(),
            regimes: Vec::new(),
            time_zone: "UTC".to_owned(),
            holidays: BTreeMap::new(),
        }
    }
}

/// Messages to people.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Notify {
    /// The mail server.
    pub(crate) mail: Option<Mail>,
    /// Webhooks, by the name that messages call them.
    pub(crate) webhooks: BTreeMap<String, Webhook>,
}

/// A mail server.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mail {
    /// Its host.
    pub(crate) server: String,
    /// Its port; 465 for `implicit`, 587 for `starttls`, 25 for `none`, if not given.
    pub(crate) port: Option<u16>,
    /// How it is spoken to.
    #[serde(default)]
    pub(crate) tls: MailTls,
    /// Who sends, such as `Quell <quell@example.com>`.
    pub(crate) from: String,
    /// User, if it wants one.
    pub(crate) user: Option<String>,
    /// Where the password is.
    pub(crate) password: Option<SecretRef>,
}

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MailTls {
    /// TLS from the first byte.
    #[default]
    Implicit,
    /// STARTTLS, and nothing without it.
    Starttls,
    /// In the clear: for a relay on the same machine.
    None,
}

/// A webhook. Its address can be a secret, and is read from where one is kept.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhook {
    /// Where its URL is.
    pub(crate) url: SecretRef,
    /// What it takes.
    #[serde(default)]
    pub(crate) shape: WebhookShape,
    /// Where the secret is that messages are signed with.
    pub(crate) secret: Option<SecretRef>,
}

/// What a webhook takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WebhookShape {
    /// Id, subject, text and marking as JSON.
    #[default]
    Plain,
    /// An incoming webhook of Slack.
    Slack,
    /// A workflow of Microsoft Teams.
    Teams,
    /// An incoming webhook of Mattermost.
    Mattermost,
}

/// Sign-in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Access {
    /// A session that is not used for so many hours ends.
    pub(crate) session_idle_hours: u32,
    /// A session ends after so many days.
    pub(crate) session_days: u32,
    /// Sign-in at an OpenID Connect provider, beside local accounts.
    pub(crate) oidc: Option<Oidc>,
}

impl Default for Access {
    fn default() -> Access {
        Access { session_idle_hours: 12, session_days: 7, oidc: None }
    }
}

/// An OpenID Connect provider.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Oidc {
    /// What the button says.
    pub(crate) name: String,
    /// Issuer URL, exactly as the provider writes it.
    pub(crate) issuer: String,
    /// Id of Quell at the provider.
    pub(crate) client_id: String,
    /// Where the secret of Quell is; left out for a public client.
    pub(crate) client_secret: Option<SecretRef>,
    /// Role of accounts that are made at the first sign-in; left out to refuse strangers.
    pub(crate) create_with_role: Option<String>,
}

/// Where a secret is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub(crate) enum SecretRef {
    /// First line of a file.
    File(PathBuf),
    /// Variable of the environment.
    Env(String),
    /// Name of a secret that `quell secret set` sealed in the data folder.
    Sealed(String),
    /// Place in the vault: path and field, such as `secret/data/quell#token`.
    Vault(String),
}

/// A vault with the API of HashiCorp Vault or OpenBao, engine KV version 2. It is read once, at the start.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VaultAt {
    /// Such as `https://vault.example:8200`.
    pub(crate) url: String,
    /// Where its token is; not in the vault.
    pub(crate) token: SecretRef,
    /// Its namespace, if it has some.
    pub(crate) namespace: Option<String>,
    /// Certificates in PEM that vouch for it; left out, those of the machine do.
    pub(crate) authorities: Option<PathBuf>,
}

/// How syslog arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protocol {
    /// RFC 5426.
    Udp,
    /// RFC 6587.
    Tcp,
    /// RFC 5425.
    Tls,
}

/// A syslog listener.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Syslog {
    /// Name of the source.
    pub(crate) source: String,
    /// How it arrives.
    pub(crate) protocol: Protocol,
    /// Where.
    #[schemars(with = "String")]
    pub(crate) listen: SocketAddr,
    /// Certificate chain, PEM, for `tls`.
    pub(crate) certificate: Option<PathBuf>,
    /// Private key, PEM, for `tls`.
    pub(crate) key: Option<PathBuf>,
}

/// Files that are followed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Follow {
    /// Name of the source.
    pub(crate) source: String,
    /// Files, folders, or names with `*` in their last part.
    pub(crate) paths: Vec<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn a_password_is_not_shown() {
        for (url, shown) in [
            ("postgres://quell:se@cret@db.example/quell", "postgres://quell:***@db.example/quell"),
            ("postgres://quell@db.example:5432/quell", "postgres://quell@db.example:5432/quell"),
            (
                "postgres://db.example/quell?sslmode=require&password=x",
                "postgres://db.example/quell?sslmode=require&password=***",
            ),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
