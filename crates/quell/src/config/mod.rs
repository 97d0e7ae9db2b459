//! The configuration: one tree, defaults in code, a file, the environment over it. Unknown keys are refused.
//!
//! A variable `QUELL__PIPELINE__OBSERVATIONS_MAX=200000` sets `observations_max` of `[pipeline]`. Secrets are never in the
//! tree; it says where they are.

mod environment;
mod response;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use quell_model::Role;

pub(crate) use response::{
    Automatic, Directory, DirectoryKind, Firewall, Kubernetes, MailGate, OwnAction, OwnBlast, OwnCall, OwnKind,
    PacketFilter, Proxy, Response,
};
use tree::Access;
pub(crate) use tree::{
    Config, Follow, Mail, MailTls, Notify, Process, Protocol, SecretRef, Syslog, VaultAt, Webhook, WebhookShape,
};

/// A stolen session must end some day.
const SESSION_DAYS_MAX: u32 = 365;
/// Name of the file in the data folder.
const FILE: &str = "quell.toml";

/// Reads the configuration: of this file, or of the data folder, or the defaults.
pub(crate) fn load(file: Option<&Path>, data: &Path) -> Result<Config> {
    let found = file.map(Path::to_path_buf).or_else(|| Some(data.join(FILE)).filter(|path| path.is_file()));
    let text = match &found {
        Some(path) => fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?,
        None => String::new(),
    };
    let name = found.as_ref().map_or_else(|| "defaults".to_owned(), |path| path.display().to_string());
    let mut table: toml::Table = text.parse().with_context(|| format!("{name} is not TOML"))?;
    environment::lay_over(&mut table, std::env::vars_os())?;
    let config: Config =
        toml::Value::Table(table).try_into().with_context(|| format!("in {name} or the environment"))?;
    check(&config).with_context(|| format!("in {name} or the environment"))?;
    Ok(config)
}

/// What the types do not say.
fn check(config: &Config) -> Result<()> {
    if config.version != 1 {
        bail!("version is {}, but this Quell knows version 1", config.version);
    }
    if let Some(storage) = &config.storage
        && !(storage.starts_with("postgres://") || storage.starts_with("postgresql://"))
    {
        bail!("storage is a postgres:// URL, or left out for the embedded store");
    }
    if let Some(origin) = &config.public_origin
        && !(origin.starts_with("https://") || origin.starts_with("http://"))
    {
        bail!("public_origin is like https://quell.example.com");
    }
    let Access { session_idle_hours, session_days, oidc } = &config.access;
    if !(1..=SESSION_DAYS_MAX).contains(session_days) || !(1..=SESSION_DAYS_MAX * 24).contains(session_idle_hours) {
        bail!(
            "access.session_days is 1 to {SESSION_DAYS_MAX}, access.session_idle_hours 1 to {}",
            SESSION_DAYS_MAX * 24
        );
    }
    if let Some(role) = oidc.as_ref().and_then(|oidc| oidc.create_with_role.as_deref()) {
        match Role::parse(role) {
            None => bail!("access.oidc.create_with_role: there is no role {role}"),
            Some(Role::Admin) => {
                bail!("access.oidc.create_with_role: a stranger cannot become admin; make one by hand")
            }
            Some(_) => {}
        }
    }
    if config.vault.as_ref().is_some_and(|vault| matches!(vault.token, SecretRef::Vault(_))) {
        bail!("vault.token cannot be in the vault itself");
    }
    let tell = &config.response.tell;
    if let Some(name) = tell.webhooks.iter().find(|name| !config.notify.webhooks.contains_key(*name)) {
        bail!("response.tell.webhooks: there is no [notify.webhooks.{name}]");
    }
    if !tell.mail.is_empty() && config.notify.mail.is_none() {
        bail!("response.tell.mail needs [notify.mail]");
    }
    for syslog in &config.syslog {
        if syslog.protocol == Protocol::Tls && (syslog.certificate.is_none() || syslog.key.is_none()) {
            bail!("syslog over TLS on {} needs certificate and key", syslog.listen);
        }
    }
    Ok(())
}

/// Where data are if nothing else is said.
pub(crate) fn default_folder() -> PathBuf {
    PathBuf::from("quell-data")
}
