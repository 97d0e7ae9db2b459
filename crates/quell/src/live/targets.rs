//! From the configuration to what playbooks can do outside of Quell, and to the playbooks of the organisation.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use quell_connect::{
    AwsSettings, ClusterSettings, DatabaseSettings, DirectorySettings, FirewallSettings, HostSettings,
    IdentitySettings, MailGateSettings, MailboxSettings, NameServerSettings, PacketFilterSettings, Program,
    ProxySettings, aws_actions, cluster_actions, database_actions, directory_actions, firewall_actions, host_actions,
    http_client, http_client_trusting, identity_actions, mail_gate_actions, mailbox_actions, name_server_actions,
    own_action, packet_filter_actions, probe_actions, proxy_actions,
};
use quell_model::action::Actions;
use quell_model::ports::Clock;
use quell_model::{Confidence, Level};
use quell_playbook::author;
use quell_playbook::sign::{Worth, signatures};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use super::secrets::Secrets;
use super::{SystemClock, own};
use crate::commands::public_key;
use crate::config::{
    Automatic, Directory, DirectoryKind, Firewall, Kubernetes, MailGate, PacketFilter, Proxy, Response, SecretRef,
};

/// What playbooks can do outside of Quell.
pub(crate) fn actions(config: &Response, clock: &Arc<dyn Clock>, secrets: &Secrets) -> Result<Actions> {
    let mut actions = Actions::default();
    let secret = |reference: &SecretRef| secrets.read(reference);
    let (program, http) = (|words: &[String]| Program::new(words.to_vec()), http_client().map_err(anyhow::Error::msg)?);
    probe_actions(&mut actions);
    if let Some(settings) = &config.firewall {
        firewall_actions(firewall(settings, &config.addresses), &mut actions);
    }
    if !config.hosts.is_empty() {
        let host = |(name, words): (&String, &Vec<String>)| (name.to_lowercase(), program(words));
        let management = config.firewall.as_ref().map(|firewall| firewall.management.clone()).unwrap_or_default();
        host_actions(HostSettings { hosts: config.hosts.iter().map(host).collect(), management }, &mut actions);
    }
    if let Some(settings) = &config.directory {
        directory_actions(directory(settings, secrets).context("response.directory")?, &mut actions);
    }
    if let Some(identity) = &config.identity {
        let token = identity.token.as_ref().map(secret).transpose().context("response.identity.token")?;
        identity_actions(IdentitySettings { url: identity.url.clone(), token }, http.clone(), &mut actions);
    }
    if let Some(server) = &config.name_server {
        let (program, sinkhole) = (program(&server.program), server.sinkhole);
        name_server_actions(NameServerSettings { program, sinkhole, answers_at: server.answers_at }, &mut actions);
    }
    if let Some(settings) = &config.proxy {
        proxy_actions(proxy(settings), http.clone(), &mut actions);
    }
    if let Some(boxes) = &config.mailboxes {
        mailbox_actions(MailboxSettings { program: program(&boxes.program) }, &mut actions);
    }
    if let Some(settings) = &config.mail_gate {
        mail_gate_actions(mail_gate(settings).context("response.mail_gate")?, &mut actions);
    }
    if let Some(database) = &config.database {
        database_actions(DatabaseSettings { program: program(&database.program) }, &mut actions);
    }
    if let Some(aws) = &config.aws {
        let settings = AwsSettings {
            region: aws.region.clone(),
            key: (aws.key_id.clone(), secret(&aws.secret).context("response.aws.secret")?),
            accounts: aws.accounts.clone(),
            endpoint: aws.endpoint.clone(),
            isolation_group: aws.isolation_group.clone(),
        };
        aws_actions(settings, Arc::clone(clock), http.clone(), &mut actions);
    }
    if let Some(cluster) = &config.kubernetes {
        kubernetes(cluster, secrets, &mut actions).context("response.kubernetes")?;
    }
    if let Some(filter) = &config.packet_filter {
        let management = config.firewall.as_ref().map(|firewall| firewall.management.clone()).unwrap_or_default();
        let settings = packet_filter(filter, management, secrets).context("response.packet_filter")?;
        packet_filter_actions(settings, http.clone(), &mut actions);
    }
    for (id, described) in &config.actions {
        let settings = own::settings(id, described, secrets).with_context(|| format!("response.actions.{id}"))?;
        if actions.get(id).is_some() {
            bail!("response.actions.{id}: there is one of that name already");
        }
        own_action(settings, http.clone(), &mut actions)
            .map_err(|error| anyhow::anyhow!("response.actions.{id}: {error}"))?;
    }
    Ok(actions)
}

/// What begins without a person.
pub(crate) fn automatic(config: &Response) -> Result<Vec<quell_server::Automatic>> {
    config.automatic.iter().map(policy).collect::<Result<_>>().context("response.automatic")
}

fn policy(policy: &Automatic) -> Result<quell_server::Automatic> {
    let severity = [Level::Low, Level::Medium, Level::High, Level::Critical];
    let severity = severity.into_iter().find(|level| level.as_str() == policy.severity);
    let confidence = |name: &String| {
        let known = [Confidence::Low, Confidence::Medium, Confidence::High].into_iter();
        known.into_iter().find(|one| one.as_str() == name).context("confidence is low, medium or high")
    };
    if policy.hours.is_some_and(|(from, to)| from > 23 || to > 24 || from == to) {
        bail!("hours are like [18, 8], from 0 to 24");
    }
    Ok(quell_server::Automatic {
        playbook: policy.playbook.clone(),
        severity: severity.context("severity is low, medium, high or critical")?,
        confidence: policy.confidence.as_ref().map(confidence).transpose()?,
        irreversible: policy.irreversible,
        hours: policy.hours,
        still_seconds: policy.still_seconds,
    })
}

/// Playbooks of the organisation: short name and text of each.
pub(crate) fn playbooks(config: &Response) -> Result<Vec<(String, String)>> {
    let trusted = config.signed_by.iter().map(|file| public_key(file)).collect::<Result<Vec<_>>>();
    let trusted = trusted.context("response.signed_by")?;
    let mut all = Vec::new();
    for place in &config.playbooks {
        let found = |error| anyhow::Error::new(error).context(format!("response.playbooks: {}", place.display()));
        if !place.is_dir() {
            all.push(playbook(place, &trusted)?);
            continue;
        }
        let mut files: Vec<_> =
            fs::read_dir(place).and_then(|files| files.map(|file| Ok(file?.path())).collect()).map_err(found)?;
        files.retain(|file| file.extension().is_some_and(|end| end == "json" || end == "yaml" || end == "yml"));
        files.sort();
        for file in files {
            all.push(playbook(&file, &trusted)?);
        }
    }
    Ok(all)
}

fn playbook(file: &Path, trusted: &[Vec<u8>]) -> Result<(String, String)> {
    let text = fs::read_to_string(file).with_context(|| format!("response.playbooks: {}", file.display()))?;
    if !trusted.is_empty() && !is_signed(&text, trusted) {
        bail!("response.playbooks: {} has no valid signature by a key of response.signed_by", file.display());
    }
    let name = file.file_stem().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("response.playbooks: {} has no name", file.display()))?;
    Ok((name.to_owned(), text))
}

fn is_signed(text: &str, trusted: &[Vec<u8>]) -> bool {
    author::read(text).is_ok_and(|document| {
        signatures(&document, SystemClock.now(), trusted).iter().any(|one| one.worth == Worth::Trusted)
    })
}

fn firewall(firewall: &Firewall, addresses: &BTreeMap<String, IpAddr>) -> FirewallSettings {
    let probe = Some(firewall.probe.clone()).filter(|probe| !probe.is_empty());
    FirewallSettings {
        program: Program::new(firewall.program.clone()),
        management: firewall.management.clone(),
        addresses: addresses.iter().map(|(name, address)| (name.to_lowercase(), *address)).collect(),
        probe: probe.map(|probe| (Program::new(firewall.probe_from.clone()), probe)),
    }
}

fn directory(directory: &Directory, secrets: &Secrets) -> Result<DirectorySettings> {
    if !(directory.url.starts_with("ldaps://") || directory.url.starts_with("ldap://")) {
        bail!("url is like ldaps://dc1.corp.example");
    }
    Ok(DirectorySettings {
        url: directory.url.clone(),
        bind: (directory.user.clone(), secrets.read(&directory.password)?),
        base: directory.base.clone(),
        kind: match directory.kind {
            DirectoryKind::ActiveDirectory => quell_connect::DirectoryKind::ActiveDirectory,
            DirectoryKind::OpenLdap => quell_connect::DirectoryKind::OpenLdap,
        },
        authorities: directory.authorities.as_deref().map(certificates).transpose()?.unwrap_or_default(),
    })
}

/// Certificates of a PEM file, in DER.
pub(super) fn certificates(file: &Path) -> Result<Vec<Vec<u8>>> {
    let chain = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.with_context(|| format!("cannot read certificates in {}", file.display()))?;
    Ok(chain.iter().map(|one| one.to_vec()).collect())
}

fn kubernetes(cluster: &Kubernetes, secrets: &Secrets, actions: &mut Actions) -> Result<()> {
    let token = cluster.token.as_ref().map(|token| secrets.read(token)).transpose().context("token")?;
    let authorities = cluster.authorities.as_deref().map(certificates).transpose()?.unwrap_or_default();
    let client = http_client_trusting(&authorities).map_err(anyhow::Error::msg)?;
    cluster_actions(ClusterSettings { url: cluster.url.clone(), token }, client, actions);
    Ok(())
}

fn packet_filter(filter: &PacketFilter, management: Vec<IpAddr>, secrets: &Secrets) -> Result<PacketFilterSettings> {
    if filter.probe.is_empty() {
        bail!("without a probe, a program that reaches {{address}}, nobody sees whether it is denied");
    }
    let token = filter.token.as_ref().map(|token| secrets.read(token)).transpose().context("token")?;
    let (url, probe, probe_from) = (filter.url.clone(), filter.probe.clone(), Program::new(filter.probe_from.clone()));
    Ok(PacketFilterSettings { url, token, probe, probe_from, management })
}

fn proxy(proxy: &Proxy) -> ProxySettings {
    ProxySettings {
        program: Program::new(proxy.program.clone()),
        sources: proxy.sources.clone(),
        paths: proxy.paths.clone(),
        urls: proxy.urls.clone(),
        contents: proxy.contents.clone(),
        answers_at: proxy.answers_at.clone(),
    }
}

fn mail_gate(gate: &MailGate) -> Result<MailGateSettings> {
    let probe = match (&gate.answers_at, &gate.recipient) {
        (Some(at), Some(recipient)) => {
            let (server, port) = at.rsplit_once(':').context("answers_at is like mx.example:25")?;
            Some((server.to_owned(), port.parse().context("answers_at is like mx.example:25")?, recipient.clone()))
        }
        (None, None) => None,
        _ => bail!("answers_at and recipient go together"),
    };
    Ok(MailGateSettings { program: Program::new(gate.program.clone()), map: gate.map.clone(), probe })
}

#[cfg(test)]
#[expect(clippy::print_stdout, reason = "how many steps were looked at is part of what the test says")]
mod tests {
    use super::*;
    use crate::live::SystemClock;
    use crate::live::secrets::tests::Folder;

    const ALL: &str = r#"
[firewall]
[hosts]
here = []
[directory]
url = "ldaps://dc1.corp.example"
kind = "active_directory"
user = "quell"
password = { file = "/dev/null" }
base = "DC=corp,DC=example"
[identity]
url = "https://idp.example/scim/v2"
[name_server]
program = ["unbound-control"]
sinkhole = "10.0.0.53"
[proxy]
program = ["socat", "-", "UNIX-CONNECT:/run/haproxy/admin.sock"]
sources = "/etc/haproxy/sources.acl"
paths = "/etc/haproxy/paths.acl"
urls = "/etc/haproxy/urls.acl"
contents = "/etc/haproxy/contents.acl"
[mailboxes]
program = ["doveadm"]
[mail_gate]
map = "lmdb:/etc/postfix/quell_senders"
[database]
program = ["psql"]
[aws]
region = "eu-central-1"
key_id = "AKIA"
secret = { file = "/dev/null" }
isolation_group = "sg-1"
[kubernetes]
url = "https://k8s.example:6443"
[packet_filter]
url = "https://fw.example/.well-known/openc2"
probe = ["ping", "-c", "1", "{address}"]
[actions."idp.revoke_sessions"]
title = "End all sessions of an account"
needs = { user = "name" }
blast = "account"
read = { url = "https://idp.example/users/{user}/sessions", pointer = "" }
wanted = []
set = { url = "https://idp.example/users/{user}/logout", method = "POST" }
"#;

    #[test]
    fn an_action_cannot_be_described_twice_or_without_a_call() {
        let described = |text: &str| -> String {
            let config: Response = toml::from_str(text).unwrap();
            let refused = actions(&config, &(Arc::new(SystemClock) as Arc<dyn Clock>), &Folder::new("twice").secrets());
            format!("{:#}", refused.err().unwrap())
        };
        let own = |id: &str, set: &str| {
            format!(
                "[actions.\"{id}\"]\ntitle = \"x\"\nblast = \"item\"\nread = {{ program = [\"true\"] }}\nwanted = \"1\"\nset = {set}"
            )
        };
        let set = "{ program = [\"true\"] }";
        for (text, why) in [
            (own("net.reach", set), "one of that name"),
            (own("case.note", set), "begins with case."),
            (own("Own", set), "a name is like"),
            (own("own.x", "{}"), "either a url or a program"),
            (own("own.x", "{ url = \"https://{x}/\" }"), "the host of a URL"),
        ] {
            let said = described(&text);
            assert!(said.contains(why), "{said}");
        }
    }

    #[test]
    fn steps_of_our_playbooks_give_their_actions_what_these_need() {
        let config: Response = toml::from_str(ALL).unwrap();
        let secrets = Folder::new("steps").secrets();
        let actions = actions(&config, &(Arc::new(SystemClock) as Arc<dyn Clock>), &secrets).unwrap();
        let mut looked_at = 0;
        for file in quell_content::playbooks() {
            let document = quell_playbook::author::from_yaml(file.text).unwrap();
            let plan = quell_playbook::run::Plan::of(&document).unwrap();
            for step in plan.steps.values() {
                let Some(action) = step.ours.action.as_deref().and_then(|id| actions.get(id)) else { continue };
                let spec = action.spec();
                let missing: Vec<_> = spec.needs.iter().filter(|name| !step.ours.with.contains_key(**name)).collect();
                assert!(missing.is_empty(), "{}: {}: {} needs {missing:?}", file.path, step.name, spec.id);
                looked_at += 1;
            }
        }
        println!("{looked_at} steps give {} actions what they need", actions.iter().count());
        assert!(looked_at > 60);
    }
}
