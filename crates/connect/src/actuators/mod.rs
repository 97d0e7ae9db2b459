//! Actuators: what changes targets outside of Quell, and can take it back.
//!
//! Programs are started by their argument lists, never through a shell; what goes through one (over SSH) is quoted word by word.
//! Parameters come from logs and people: each is parsed to what it has to be before it is used.

mod aws;
mod directory;
mod dns;
mod host;
mod http;
mod identity;
mod kubernetes;
mod mail;
mod nftables;
mod openc2;
mod own;
mod probe;
mod program;
mod setting;
mod sql;
mod web;

pub use aws::{AwsSettings, aws_actions};
pub use directory::{DirectoryKind, DirectorySettings, directory_actions};
pub use dns::{NameServerSettings, name_server_actions};
pub use host::{HostSettings, host_actions};
pub(crate) use http::bounded;
pub use http::{http_client, http_client_trusting};
pub use identity::{IdentitySettings, identity_actions};
pub use kubernetes::{ClusterSettings, cluster_actions};
pub use mail::{MailGateSettings, MailboxSettings, mail_gate_actions, mailbox_actions};
pub use nftables::{FirewallSettings, firewall_actions};
pub use openc2::{PacketFilterSettings, packet_filter_actions};
pub use own::{At, Call, Kind, OwnSettings, Reading, own_action};
pub use probe::probe_actions;
pub use program::Program;
pub use sql::{DatabaseSettings, database_actions};
pub use web::{ProxySettings, proxy_actions};
