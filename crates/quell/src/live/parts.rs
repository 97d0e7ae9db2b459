//! From the configuration to the parts of a server.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use quell_connect::{Courier, MailSettings, NotifySettings, WebhookSettings};
use quell_content::handbook::handbook;
use quell_engine::{Knowledge, KnowledgeBuilder};
use quell_incident::TuningState;
use quell_incident::deadline::Calendar;
use quell_model::Role;
use quell_model::ports::{Clock, Notifier};
use quell_server::{AccessSettings, OidcSettings, ProcessSettings, Settings};
use quell_store::{Location, Signer, Store, StoreError, TuningRow};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::secrets::Secrets;
use crate::config::{Config, Mail, MailTls, Notify, Process, Webhook, WebhookShape};
use crate::knowledge;

/// Tries to open a database that is not there yet: both may have been started together.
const OPEN_TRIES: u32 = 30;

/// Where the store is.
pub(crate) fn location(config: &Config, data: &Path) -> Location {
    match &config.storage {
        Some(url) => Location::Postgres(url.clone()),
        None => Location::Folder(data.to_path_buf()),
    }
}

/// Opens the store, waiting for a database that is just starting.
pub(crate) async fn open_store(location: &Location, signer: &Signer, clock: &dyn Clock) -> Result<Store> {
    for attempt in 1.. {
        match Store::open(location, signer.clone(), clock.now()).await {
            Ok(store) => return Ok(store),
            Err(StoreError::Unavailable(reason))
                if attempt < OPEN_TRIES && matches!(location, Location::Postgres(_)) =>
            {
                tracing::warn!(reason, attempt, "the database is not available; trying again");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => return Err(error).context("cannot open the store"),
        }
    }
    bail!("cannot open the store")
}

/// Rules, those of these filters that people accepted, and mappings.
pub(crate) fn knowledge(config: &Config, filters: &[TuningRow]) -> Result<Arc<Knowledge>> {
    let mut builder = KnowledgeBuilder::new()?;
    for file in &config.rules.mappings {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read mapping {}", file.display()))?;
        builder.mapping(&file.display().to_string(), &text)?;
    }
    if config.rules.own {
        builder.own_rules();
    }
    for path in &config.rules.folders {
        knowledge::add_rules(&mut builder, path, 0)?;
    }
    for row in filters.iter().filter(|row| row.state == TuningState::Accepted) {
        builder.rules(&format!("tuning proposal {}", row.id), &row.proposal.filter);
    }
    Ok(Arc::new(builder.build()?))
}

/// Settings as the server takes them.
pub(crate) fn settings(config: &Config, port: u16, secrets: &Secrets) -> Result<Settings> {
    let oidc = match &config.access.oidc {
        None => None,
        Some(oidc) => Some(OidcSettings {
            name: oidc.name.clone(),
            issuer: oidc.issuer.clone(),
            client_id: oidc.client_id.clone(),
            client_secret: oidc.client_secret.as_ref().map(|one| secrets.read(one)).transpose()?,
            auto_create: match &oidc.create_with_role {
                None => None,
                Some(name) => Some(Role::parse(name).with_context(|| format!("there is no role {name}"))?),
            },
        }),
    };
    Ok(Settings {
        public_origin: config.public_origin.clone(),
        access: AccessSettings {
            public_origin: config.public_origin.clone(),
            port,
            tls: config.tls.is_some(),
            session_idle_seconds: config.access.session_idle_hours * 3_600,
            session_seconds: config.access.session_days * 86_400,
            oidc,
        },
        intake_bytes_max: config.intake.waiting_mib_max << 20,
        backlog_chunks_max: config.intake.backlog_max,
        observations_max: config.pipeline.observations_max,
        dedupe_records: config.pipeline.dedupe_records,
        connections_max: config.intake.connections_max,
        events_days: Some(config.retention.events_days).filter(|days| *days > 0),
        process: process(&config.process)?,
        never_touch: config.response.never_touch.clone(),
        dependents: config.response.dependents.clone(),
        owners: config.response.owners.clone(),
        changes_hourly_max: config.response.changes_hourly_max,
        automatic: super::targets::automatic(&config.response)?,
        tell: quell_server::Tell {
            mail: config.response.tell.mail.clone(),
            webhooks: config.response.tell.webhooks.clone(),
            after: Duration::from_secs(60 * config.response.tell.after_minutes),
        },
    })
}

/// How the organisation works on incidents. What it names has to be there.
fn process(process: &Process) -> Result<ProcessSettings> {
    let handbook = handbook()?;
    if handbook.process.framework(&process.framework).is_none() {
        let known = handbook.process.frameworks.iter().map(|framework| framework.id.as_str());
        let known = known.collect::<Vec<_>>().join(", ");
        bail!("process.framework: there is no {}; there are {known}", process.framework);
    }
    for id in &process.regimes {
        match handbook.regime(id) {
            None => bail!("process.regimes: there is no {id}; `quell clocks list` shows them"),
            Some(regime) if !regime.stages.iter().any(|stage| regime.uses(stage)) => {
                bail!("process.regimes: {id} is not in force, or not certain enough to rely on")
            }
            Some(_) => {}
        }
    }
    let zone = jiff::tz::TimeZone::get(&process.time_zone);
    let zone = zone.with_context(|| format!("process.time_zone: {} is not known", process.time_zone))?;
    let day = |day: &String| day.parse().with_context(|| format!("process.holidays: {day} is no day like 2026-12-25"));
    let days = |(jurisdiction, days): (&String, &Vec<String>)| -> Result<_> {
        Ok((jurisdiction.clone(), days.iter().map(day).collect::<Result<_>>()?))
    };
    let holidays = process.holidays.iter().map(days).collect::<Result<_>>()?;
    let (framework, regimes) = (process.framework.clone(), process.regimes.clone());
    Ok(ProcessSettings { framework, regimes, calendar: Calendar { zone, holidays } })
}

/// Where messages can go.
pub(crate) fn notifier(config: &Notify, clock: Arc<dyn Clock>, secrets: &Secrets) -> Result<Arc<dyn Notifier>> {
    let webhook = |(name, hook): (&String, &Webhook)| -> Result<_> {
        let shape = match hook.shape {
            WebhookShape::Plain => quell_connect::WebhookShape::Plain,
            WebhookShape::Slack => quell_connect::WebhookShape::Slack,
            WebhookShape::Teams => quell_connect::WebhookShape::Teams,
            WebhookShape::Mattermost => quell_connect::WebhookShape::Mattermost,
        };
        let secret = hook.secret.as_ref().map(|one| secrets.read(one)).transpose()?;
        let url = secrets.read(&hook.url)?;
        Ok((name.clone(), WebhookSettings { url, shape, secret }))
    };
    let settings = NotifySettings {
        mail: config.mail.as_ref().map(|settings| mail(settings, secrets)).transpose()?,
        webhooks: config.webhooks.iter().map(webhook).collect::<Result<_>>().context("notify.webhooks")?,
    };
    let courier = Courier::new(settings, clock).map_err(|error| anyhow::anyhow!("notify: {error}"))?;
    Ok(Arc::new(courier))
}

fn mail(mail: &Mail, secrets: &Secrets) -> Result<MailSettings> {
    let (tls, port) = match mail.tls {
        MailTls::Implicit => (quell_connect::MailTls::Implicit, 465),
        MailTls::Starttls => (quell_connect::MailTls::Starttls, 587),
        MailTls::None => (quell_connect::MailTls::None, 25),
    };
    let credentials = match (&mail.user, &mail.password) {
        (Some(user), Some(password)) => Some((user.clone(), secrets.read(password)?)),
        (None, None) => None,
        _ => bail!("notify.mail: user and password go together"),
    };
    let (server, from) = (mail.server.clone(), mail.from.clone());
    Ok(MailSettings { server, port: mail.port.unwrap_or(port), tls, from, credentials })
}

/// A TLS acceptor of PEM files.
pub(crate) fn tls(certificate: &Path, key: &Path) -> Result<TlsAcceptor> {
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.with_context(|| format!("cannot read certificates in {}", certificate.display()))?;
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| format!("cannot read the key {}", key.display()))?;
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
