//! Linux hosts over SSH, or this one: accounts, processes, files and keys.

mod account;
mod file;
mod process;
mod volatile;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use quell_model::action::{ActionError, Actions, With, parameter};

use super::Program;
use super::setting::hold;

/// Hosts, by name in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostSettings {
    /// How programs are started on each.
    pub hosts: BTreeMap<String, Program>,
    /// Addresses that no account on them is ever cut off from.
    pub management: Vec<IpAddr>,
}

/// The actions on hosts.
pub fn host_actions(settings: HostSettings, actions: &mut Actions) {
    let hosts = Arc::new(settings);
    hold(account::LockUser { hosts: Arc::clone(&hosts) }, actions);
    hold(account::RemoveKey { hosts: Arc::clone(&hosts) }, actions);
    hold(process::SuspendProcess { hosts: Arc::clone(&hosts) }, actions);
    actions.plain(Arc::new(process::KillProcess { hosts: Arc::clone(&hosts) }));
    actions.collect(Arc::new(volatile::CollectVolatile { hosts: Arc::clone(&hosts) }));
    super::nftables::account_actions(&hosts, actions);
    file::file_actions(&hosts, actions);
}

impl HostSettings {
    pub(super) fn program(&self, with: &With) -> Result<&Program, ActionError> {
        let host = parameter(with, "host")?.to_lowercase();
        let short = host.split('.').next().unwrap_or(&host);
        let found = self.hosts.get(&host).or_else(|| self.hosts.get(short));
        found.ok_or_else(|| ActionError::ByHand(format!("there is no way to the host {host}")))
    }
}

/// A name that useradd allows: nothing else can be taken for an option.
pub(super) fn user(with: &With) -> Result<&str, ActionError> {
    let user = parameter(with, "user")?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let fits = user.len() <= 32 && user.bytes().all(allowed) && !user.starts_with(['-', '.']);
    if fits { Ok(user) } else { Err(ActionError::Unfit(format!("{user:?} is no account"))) }
}

/// A path that is whole and written in one way only, and cannot be taken for an option.
fn path<'w>(with: &'w With, name: &str) -> Result<&'w str, ActionError> {
    let path = parameter(with, name)?;
    let parts_are_names = path.split('/').skip(1).all(|part| !matches!(part, "" | "." | ".."));
    let is_whole = path == "/" || (path.starts_with('/') && !path.contains('\0') && parts_are_names);
    if is_whole { Ok(path) } else { Err(ActionError::Unfit(format!("{path:?} is no whole path"))) }
}
