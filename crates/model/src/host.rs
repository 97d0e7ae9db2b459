//! How hosts are compared.

use std::net::IpAddr;

/// A host's name as identity: up to the first dot, lower case, without the marks of a UNC path or a machine account. An
/// address stays whole.
#[must_use]
pub fn short_host(name: &str) -> String {
    let name = name.trim_start_matches('\\').trim_end_matches('$');
    if name.parse::<IpAddr>().is_ok() {
        return name.to_owned();
    }
    name.split('.').next().unwrap_or(name).to_lowercase()
}
