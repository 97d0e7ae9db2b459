//! What the graph knows about programs and networks, as data (`content/graph/policy.yaml`).

use std::collections::BTreeSet;

use serde::Deserialize;

/// Knowledge about programs and networks.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    launchers: BTreeSet<String>,
    browsers: BTreeSet<String>,
    remote_hosts: BTreeSet<String>,
    plumbing: BTreeSet<String>,
    infrastructure_ports: BTreeSet<u16>,
    web_ports: BTreeSet<u16>,
    /// Most different things an entity may act on before it is taken for a hub.
    pub hub_degree: usize,
}

impl Policy {
    /// Starts or serves whatever it is asked for; being its child says nothing about it.
    #[must_use]
    pub fn is_boundary(&self, image: &str) -> bool {
        let name = base_name(image);
        self.launchers.contains(&name) || self.browsers.contains(&name) || self.remote_hosts.contains(&name)
    }

    /// Brings files from elsewhere because a person asked for them.
    #[must_use]
    pub fn is_browser(&self, image: &str) -> bool {
        self.browsers.contains(&base_name(image))
    }

    /// Terminal plumbing.
    #[must_use]
    pub fn is_plumbing(&self, image: &str) -> bool {
        self.plumbing.contains(&base_name(image))
    }

    /// Directory, name, time or file service.
    #[must_use]
    pub fn is_infrastructure_port(&self, port: u16) -> bool {
        self.infrastructure_ports.contains(&port)
    }

    /// Serves files over HTTP.
    #[must_use]
    pub fn is_web_port(&self, port: u16) -> bool {
        self.web_ports.contains(&port)
    }
}

/// Last part of a path, lower case.
pub(crate) fn base_name(path: &str) -> String {
    path.rsplit(['\\', '/']).next().unwrap_or(path).to_lowercase()
}
