//! Settings of what playbooks may touch, and how each target is reached.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretRef;

/// What playbooks may touch, and how. A target that is left out is a person's: its steps wait for one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Response {
    /// Folders or files of playbooks of your own, beside ours; CACAO as JSON or in the YAML form.
    pub(crate) playbooks: Vec<PathBuf>,
    /// Public keys in PEM: if there are any, playbooks of your own need a valid signature by one of them, or Quell does not start.
    pub(crate) signed_by: Vec<PathBuf>,
    /// Playbooks that begin without a person.
    pub(crate) automatic: Vec<Automatic>,
    /// Who hears of runs that wait for people, end badly, or cannot take something back.
    pub(crate) tell: Tell,
    /// Hosts, accounts and addresses that no playbook ever touches.
    pub(crate) never_touch: Vec<String>,
    /// What depends on what, for the preview: `srv02 = ["Finance share"]`. Names of what needs the host or account.
    pub(crate) dependents: BTreeMap<String, Vec<String>>,
    /// Who owns what, by login: `srv02 = ["ada"]`. Steps that ask for an owner wait for one of them.
    pub(crate) owners: BTreeMap<String, Vec<String>>,
    /// Addresses of hosts by their short name, where a playbook knows only the name: `ws-07 = "10.0.4.7"`.
    #[schemars(with = "BTreeMap<String, String>")]
    pub(crate) addresses: BTreeMap<String, IpAddr>,
    /// Changes in an hour, over all runs; beyond it nothing more is changed until the hour is over.
    pub(crate) changes_hourly_max: u64,
    /// A firewall that is steered by `nft`.
    pub(crate) firewall: Option<Firewall>,
    /// Hosts by their short name, with what stands before each program on them: `["ssh", "-o", "BatchMode=yes", "root@ws-07"]`.
    /// An empty list is this machine.
    pub(crate) hosts: BTreeMap<String, Vec<String>>,
    /// A directory.
    pub(crate) directory: Option<Directory>,
    /// An identity provider that speaks SCIM.
    pub(crate) identity: Option<Identity>,
    /// A name server that is steered by `unbound-control`.
    pub(crate) name_server: Option<NameServer>,
    /// A proxy: HAProxy.
    pub(crate) proxy: Option<Proxy>,
    /// Boxes with mail: Dovecot.
    pub(crate) mailboxes: Option<Mailboxes>,
    /// What accepts mail: Postfix.
    pub(crate) mail_gate: Option<MailGate>,
    /// A database server: PostgreSQL.
    pub(crate) database: Option<Database>,
    /// An account of AWS.
    pub(crate) aws: Option<Aws>,
    /// A cluster of Kubernetes.
    pub(crate) kubernetes: Option<Kubernetes>,
    /// A packet filter that speaks OpenC2.
    pub(crate) packet_filter: Option<PacketFilter>,
    /// Actions of your own, by the name that steps call them with, such as `own.isolate_in_edr`. Where a playbook of ours names an
    /// action that nothing else does, such as `idp.revoke_sessions`, it can be described here under that name.
    pub(crate) actions: BTreeMap<String, OwnAction>,
}

impl Default for Response {
    fn default() -> Response {
        Response {
            playbooks: Vec::new(),
            signed_by: Vec::new(),
            automatic: Vec::new(),
            tell: Tell::default(),
            never_touch: Vec::new(),
            dependents: BTreeMap::new(),
            owners: BTreeMap::new(),
            addresses: BTreeMap::new(),
            changes_hourly_max: 200,
            firewall: None,
            hosts: BTreeMap::new(),
            directory: None,
            identity: None,
            name_server: None,
            proxy: None,
            mailboxes: None,
            mail_gate: None,
            database: None,
            aws: None,
            kubernetes: None,
            packet_filter: None,
            actions: BTreeMap::new(),
        }
    }
}

/// Who hears of runs, by the ways of `[notify]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tell {
    /// Addresses that get mail.
    pub(crate) mail: Vec<String>,
    /// Names of webhooks of `[notify.webhooks]`.
    pub(crate) webhooks: Vec<String>,
    /// Minutes that a step may wait for a person or for evidence before they hear of it. What needs agreement is told at once.
    pub(crate) after_minutes: u64,
}

impl Default for Tell {
    fn default() -> Tell {
        Tell { mail: Vec::new(), webhooks: Vec::new(), after_minutes: 15 }
    }
}

/// When a playbook begins by itself, once for each incident. It still asks for the evidence and the agreements that it names.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Automatic {
    /// Its short name. It begins only for incidents that it would be proposed for, and whose facts fill its variables.
    pub(crate) playbook: String,
    /// Least severity of the incident: `low`, `medium`, `high` or `critical`.
    pub(crate) severity: String,
    /// Least confidence in the root cause that Quell tells: `low`, `medium` or `high`; left out, none is asked for.
    pub(crate) confidence: Option<String>,
    /// Also playbooks with changes that cannot be taken back. They still need two people.
    #[serde(default)]
    pub(crate) irreversible: bool,
    /// Hours of the day in which it begins, `[from, to]` in `process.time_zone`, such as `[18, 8]`; left out, always.
    pub(crate) hours: Option<(u8, u8)>,
    /// Seconds for which what it would act on has to stand still. With 0 it begins with what is known at once; what the incident
    /// adds later is not cut by it.
    #[serde(default)]
    pub(crate) still_seconds: u32,
}

/// A firewall that is steered by `nft`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Firewall {
    /// What stands before `nft`: nothing on this machine, or `["ssh", "-o", "BatchMode=yes", "root@edge"]`.
    pub(crate) program: Vec<String>,
    /// Addresses that an isolated host still reaches, and that are never blocked.
    #[schemars(with = "Vec<String>")]
    pub(crate) management: Vec<IpAddr>,
    /// A program that reaches `{address}` if it is not blocked: `["ping", "-c", "1", "-W", "1", "{address}"]`. Without it the
    /// firewall is asked whether it blocks, and nobody looks from outside.
    pub(crate) probe: Vec<String>,
    /// What stands before the probe: a place that the firewall lies between.
    pub(crate) probe_from: Vec<String>,
}

/// A directory over LDAP.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Directory {
    /// Such as `ldaps://dc1.corp.example`.
    pub(crate) url: String,
    /// What it is.
    pub(crate) kind: DirectoryKind,
    /// Whose rights Quell has: a distinguished name, or what Active Directory takes for one.
    pub(crate) user: String,
    /// Where the password is.
    pub(crate) password: SecretRef,
    /// Where accounts and groups lie: `DC=corp,DC=example`.
    pub(crate) base: String,
    /// Certificates in PEM that vouch for the server; left out, those of the machine do.
    pub(crate) authorities: Option<PathBuf>,
}

/// What a directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DirectoryKind {
    /// Active Directory.
    ActiveDirectory,
    /// OpenLDAP with the overlay ppolicy, and a policy with `pwdLockout`.
    OpenLdap,
}

/// An identity provider that speaks SCIM 2.0.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    /// Where its service begins: `https://idp.example/scim/v2`.
    pub(crate) url: String,
    /// Where the bearer token is.
    pub(crate) token: Option<SecretRef>,
}

/// A name server: unbound.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NameServer {
    /// `unbound-control` with its options, and what stands before it.
    pub(crate) program: Vec<String>,
    /// Where blocked names lead.
    #[schemars(with = "String")]
    pub(crate) sinkhole: IpAddr,
    /// Where it answers: it is asked after each change.
    #[schemars(with = "Option<String>")]
    pub(crate) answers_at: Option<SocketAddr>,
}

/// A proxy: HAProxy, with rules that deny what is on lists.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proxy {
    /// What carries commands to its runtime interface: `["socat", "-", "UNIX-CONNECT:/run/haproxy/admin.sock"]`.
    pub(crate) program: Vec<String>,
    /// List of addresses that are denied.
    pub(crate) sources: Option<String>,
    /// List of paths on your own sites that are denied.
    pub(crate) paths: Option<String>,
    /// List of whole URLs that are denied.
    pub(crate) urls: Option<String>,
    /// List of texts that no body may hold.
    pub(crate) contents: Option<String>,
    /// Where it answers for your own sites: a denied path is asked for after each change.
    pub(crate) answers_at: Option<String>,
}

/// Boxes with mail: Dovecot.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mailboxes {
    /// `doveadm` with its options, and what stands before it.
    pub(crate) program: Vec<String>,
}

/// What accepts mail: Postfix, with `check_sender_access` on a map of Quell's own.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailGate {
    /// What stands before `postmap`.
    #[serde(default)]
    pub(crate) program: Vec<String>,
    /// The map: `lmdb:/etc/postfix/quell_senders`.
    pub(crate) map: String,
    /// Where it listens, as `mx.example:25`: a blocked sender is tried after each change.
    pub(crate) answers_at: Option<String>,
    /// A recipient of yours for the try; nothing is sent.
    pub(crate) recipient: Option<String>,
}

/// A database server: PostgreSQL.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Database {
    /// `psql` and how it connects: `["psql", "-h", "db", "-U", "quell", "postgres"]`.
    pub(crate) program: Vec<String>,
}

/// An account of AWS.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Aws {
    /// Region of what is acted upon.
    pub(crate) region: String,
    /// Id of an access key of Quell.
    pub(crate) key_id: String,
    /// Where its secret is.
    pub(crate) secret: SecretRef,
    /// Number of the account, and of others whose identities it means: roles and users that records name by ARN are found so.
    #[serde(default)]
    pub(crate) accounts: Vec<String>,
    /// A security group without rules, in the network of the instances: isolated ones get it in place of theirs.
    pub(crate) isolation_group: Option<String>,
    /// Where all services answer instead of where AWS does: for tests.
    pub(crate) endpoint: Option<String>,
}

/// A cluster of Kubernetes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kubernetes {
    /// Where its API is: `https://k8s.example:6443`.
    pub(crate) url: String,
    /// Where the token of Quell's service account is.
    pub(crate) token: Option<SecretRef>,
    /// Certificates in PEM that vouch for the API; left out, those of the machine do.
    pub(crate) authorities: Option<PathBuf>,
}

/// A packet filter that speaks OpenC2 with the profile SLPF over HTTPS.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PacketFilter {
    /// Where it takes commands: `https://fw.example/.well-known/openc2`.
    pub(crate) url: String,
    /// Where the bearer token is.
    pub(crate) token: Option<SecretRef>,
    /// A program that reaches `{address}` if it is not denied. The profile cannot be asked for a rule, so this is how one is seen.
    pub(crate) probe: Vec<String>,
    /// What stands before the probe: a place that the filter lies between.
    #[serde(default)]
    pub(crate) probe_from: Vec<String>,
}

/// An action that you describe: how a value is read, which one contains, and how it is put.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnAction {
    /// One line that says what it does.
    pub(crate) title: String,
    /// Parameters, and what each has to be: `name`, `address` or `text`.
    #[serde(default)]
    pub(crate) needs: BTreeMap<String, OwnKind>,
    /// What one use can cut off at most: `item`, `account`, `host`, `service` or `network`.
    pub(crate) blast: OwnBlast,
    /// What it is called in MITRE D3FEND.
    #[serde(default)]
    pub(crate) d3fend: String,
    /// What it is called in RE&CT.
    #[serde(default)]
    pub(crate) react: Vec<String>,
    /// Rights that it needs on the target.
    #[serde(default)]
    pub(crate) rights: String,
    /// Reads the value.
    pub(crate) read: OwnCall,
    /// The value that contains: any value of JSON.
    pub(crate) wanted: serde_json::Value,
    /// Gives the target that value.
    pub(crate) set: OwnCall,
    /// Gives it back the value that was read before, as `{value}`. Left out, what is done stays done: a step needs evidence and two
    /// people then.
    pub(crate) back: Option<OwnCall>,
    /// Seconds that the target has until what was put is read, at most 600: many interfaces carry out later.
    #[serde(default)]
    pub(crate) within_seconds: u64,
    /// Looks from outside whether it is so; another place than the one that is asked to do it.
    pub(crate) look: Option<OwnCall>,
    /// What is seen from outside if it contains; `wanted` if left out.
    pub(crate) seen: Option<serde_json::Value>,
}

/// A call over HTTP or of a program. Parameters stand in braces: `{host}`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnCall {
    /// URL; what is put in is percent-encoded. Its host is fixed.
    pub(crate) url: Option<String>,
    /// Method; `GET` if left out, and `PUT` for calls that change something.
    pub(crate) method: Option<String>,
    /// Headers, beside the secret ones.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// Headers that hold secrets, and where those are.
    #[serde(default)]
    pub(crate) secret_headers: BTreeMap<String, SecretRef>,
    /// Body, in JSON; a text that is `{value}` alone becomes the value itself.
    pub(crate) json: Option<serde_json::Value>,
    /// A program and its arguments, instead of a URL: `["edr-cli", "status", "{host}"]`.
    #[serde(default)]
    pub(crate) program: Vec<String>,
    /// What stands before the program: nothing on this machine, or `["ssh", "-o", "BatchMode=yes", "root@edr"]`.
    #[serde(default)]
    pub(crate) from: Vec<String>,
    /// Where the value stands in an answer of JSON: a pointer such as `/data/isolated`.
    pub(crate) pointer: Option<String>,
    /// Where the value stands in an answer of text: a regular expression with one group. If it does not fit, there is no value.
    pub(crate) pattern: Option<String>,
}

/// What a parameter has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OwnKind {
    /// Letters, digits and `. _ @ : / \ -`, the last not at the beginning.
    Name,
    /// An address.
    Address,
    /// Any text on one line; for HTTP only.
    Text,
}

/// What one use can cut off at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OwnBlast {
    /// A file, a process, a message, a key.
    Item,
    /// Whoever uses one account.
    Account,
    /// One machine.
    Host,
    /// Whoever uses one service, address or name.
    Service,
    /// Everybody in a network or an organisation.
    Network,
}
