//! Entities: what events are about, and the verbs that connect them.

use serde::{Deserialize, Serialize};

/// What kind of thing an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// A user, role, service account or application: who.
    Principal,
    /// A logon or role session of a principal.
    Session,
    /// Something that proves an identity: access key, token, ticket.
    Credential,
    /// A machine.
    Host,
    /// A running program.
    Process,
    /// A file on a host.
    File,
    /// A network address, with or without a port.
    Endpoint,
    /// A web address.
    Url,
    /// A DNS name.
    Domain,
    /// A container or pod.
    Container,
    /// A storage bucket or object store.
    Bucket,
    /// A stored secret or parameter.
    Secret,
    /// A cloud account, project, subscription or tenant.
    Account,
    /// A Windows service, systemd unit or scheduled task.
    Service,
    /// A registry key or other stored setting of a host.
    Setting,
    /// Any other named thing in a control plane: instance, function, policy, trail, database.
    Resource,
}

impl EntityKind {
    /// All of them.
    pub const ALL: [EntityKind; 16] = [
        EntityKind::Principal,
        EntityKind::Session,
        EntityKind::Credential,
        EntityKind::Host,
        EntityKind::Process,
        EntityKind::File,
        EntityKind::Endpoint,
        EntityKind::Url,
        EntityKind::Domain,
        EntityKind::Container,
        EntityKind::Bucket,
        EntityKind::Secret,
        EntityKind::Account,
        EntityKind::Service,
        EntityKind::Setting,
        EntityKind::Resource,
    ];

    /// Lower-case name, as in mappings and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            EntityKind::Principal => "principal",
            EntityKind::Session => "session",
            EntityKind::Credential => "credential",
            EntityKind::Host => "host",
            EntityKind::Process => "process",
            EntityKind::File => "file",
            EntityKind::Endpoint => "endpoint",
            EntityKind::Url => "url",
            EntityKind::Domain => "domain",
            EntityKind::Container => "container",
            EntityKind::Bucket => "bucket",
            EntityKind::Secret => "secret",
            EntityKind::Account => "account",
            EntityKind::Service => "service",
            EntityKind::Setting => "setting",
            EntityKind::Resource => "resource",
        }
    }
}

/// A named detail of an entity that root cause, scope or the reader needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attr {
    /// Host an entity lives on, as the record names it.
    Host,
    /// Process id.
    Pid,
    /// Process GUID.
    Guid,
    /// Command line.
    CommandLine,
    /// Account a process, session or credential belongs to.
    User,
    /// Logon id that groups what one logon did.
    LogonId,
    /// IP address.
    Address,
    /// Port.
    Port,
    /// How a logon or session came to be (logon type, issuing call).
    How,
    /// Content hashes.
    Hash,
    /// Cloud account or tenant.
    Account,
    /// Anything a reader should see beside the name.
    Note,
}

/// Something an event is about.
///
/// `keys` are identities, strongest first; two entities that share a key are the same. A key that can be reused (a
/// process id) comes after the ones that cannot (a process GUID).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Identities, strongest first; never empty.
    pub keys: Vec<String>,
    /// What a reader calls it.
    pub name: String,
    /// Details.
    pub attrs: Vec<(Attr, String)>,
}

impl Entity {
    /// A detail, if the record gave it.
    #[must_use]
    pub fn attr(&self, attr: Attr) -> Option<&str> {
        self.attrs.iter().find(|(name, _)| *name == attr).map(|(_, value)| value.as_str())
    }
}

/// What one entity did to another. The direction is the direction of influence: from the cause to the effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Process starts process.
    Launch,
    /// File is run as process.
    Execute,
    /// File is loaded into process.
    Load,
    /// Process writes file.
    Write,
    /// Process reads file, or session reads data.
    Read,
    /// Process or session deletes something.
    Delete,
    /// Web address becomes file.
    Download,
    /// Process starts a thread in, or writes the memory of, another.
    Inject,
    /// Memory of the first process is open to the second (credential theft when the first is LSASS).
    Expose,
    /// Process talks to endpoint.
    Connect,
    /// Endpoint talks to process or session.
    Arrive,
    /// Process asks for a DNS name.
    Resolve,
    /// Process or session changes a setting, account or resource.
    Change,
    /// Process or session creates a service, task, account or resource.
    Create,
    /// Service, task or setting starts process.
    Start,
    /// Host, endpoint or principal opens session.
    Logon,
    /// Session runs process, or session acts through credential.
    Act,
    /// Session, credential or resource obtains a new credential or session.
    Issue,
    /// Principal owns session or credential.
    Own,
    /// Something was tried and refused.
    Attempt,
}

impl Verb {
    /// Word for the reader, third person.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Launch => "launched",
            Verb::Execute => "was run as",
            Verb::Load => "was loaded into",
            Verb::Write => "wrote",
            Verb::Read => "read",
            Verb::Delete => "deleted",
            Verb::Download => "was downloaded to",
            Verb::Inject => "injected code into",
            Verb::Expose => "exposed memory to",
            Verb::Connect => "connected to",
            Verb::Arrive => "reached",
            Verb::Resolve => "looked up",
            Verb::Change => "changed",
            Verb::Create => "created",
            Verb::Start => "started",
            Verb::Logon => "logged on as",
            Verb::Act => "acted as",
            Verb::Issue => "obtained",
            Verb::Own => "owns",
            Verb::Attempt => "tried and failed on",
        }
    }
}
