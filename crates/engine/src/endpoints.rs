//! Remote addresses and what they were used for.

use std::collections::{BTreeMap, BTreeSet};

use quell_graph::NodeId;
use quell_model::{Attr, Endpoint, EndpointRole, EntityKind, Entry, Tactic, Timestamp, Verb};

use crate::plot::Plot;

/// A program written this soon after a contact came from there.
const BROUGHT_WITHIN_SECONDS: i64 = 30;
const ARCHIVES: [&str; 7] = [".7z", ".zip", ".rar", ".tar", ".tgz", ".gz", ".cab"];

/// The incident's remote addresses with their roles.
pub(crate) fn of(plot: &Plot<'_>, entry: &Entry) -> Vec<Endpoint> {
    let mut endpoints: BTreeSet<Endpoint> = BTreeSet::new();
    if let Some((address, port)) = entry.url.as_deref().and_then(host_and_port) {
        endpoints.insert(Endpoint { address, port, role: EndpointRole::Delivery });
    }
    endpoints.extend(of_processes(plot));
    endpoints.extend(of_credentials(plot));
    endpoints.into_iter().collect()
}

/// Host and port of a web address.
pub(crate) fn host_and_port(url: &str) -> Option<(String, Option<u16>)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => (host, port.parse().ok()),
        _ => (authority, None),
    };
    let default = match scheme.to_lowercase().as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    (!host.is_empty()).then(|| (host.trim_matches(['[', ']']).to_owned(), port.or(default)))
}

struct Contact {
    address: String,
    port: Option<u16>,
    first: Option<Timestamp>,
    count: u32,
}

/// Addresses that processes in the attacker's hands talk to. The first that a program contacts, and any it keeps coming
/// back to, is its command and control; a web server contacted after that served tools.
fn of_processes(plot: &Plot<'_>) -> Vec<Endpoint> {
    let graph = plot.graph();
    let policy = &plot.case.knowledge.policy;
    let by_address = &plot.case.hosts_by_address;
    let packed = packed(plot);
    let mut found: BTreeMap<(String, Option<u16>), EndpointRole> = BTreeMap::new();
    for id in plot.attacker.held.keys().filter(|id| graph.node(**id).kind == EntityKind::Process) {
        let mut contacts: Vec<Contact> = graph
            .out(*id)
            .filter(|(_, edge)| edge.verb == Verb::Connect && plot.attacker.did(edge))
            .filter_map(|(_, edge)| {
                let remote = graph.node(edge.to);
                let address = remote.attr(Attr::Address)?.to_owned();
                let port = remote.attr(Attr::Port).and_then(|port| port.parse().ok());
                let inside =
                    by_address.contains_key(&address) || port.is_some_and(|port| policy.is_infrastructure_port(port));
                (!inside).then_some(Contact { address, port, first: edge.first, count: edge.count })
            })
            .collect();
        contacts.sort_by_key(|contact| (contact.first, contact.port));
        let busiest = contacts.iter().map(|contact| contact.count).max().unwrap_or_default();
        for (at, contact) in contacts.into_iter().enumerate() {
            let web = contact.port.is_some_and(|port| policy.is_web_port(port));
            let served = at > 0 && contact.count < busiest.max(4) || brought_program(plot, *id, contact.first);
            let role = match (at, packed, contact.first) {
                (1.., Some(packed), Some(first)) if first > packed => EndpointRole::Exfiltration,
                _ if web && served => EndpointRole::ToolDownload,
                _ => EndpointRole::CommandAndControl,
            };
            let known = found.entry((contact.address, contact.port)).or_insert(role);
            // What one program uses as its channel is a channel.
            *known = (*known).min(role);
        }
    }
    found.into_iter().map(|((address, port), role)| Endpoint { address, port, role }).collect()
}

/// Whether a program file was written by a process shortly after it contacted a server.
fn brought_program(plot: &Plot<'_>, process: NodeId, contact: Option<Timestamp>) -> bool {
    let Some(contact) = contact else { return false };
    let graph = plot.graph();
    let written =
        graph.out(process).filter(|(_, edge)| edge.verb == Verb::Write && plot.attacker.held.contains_key(&edge.to));
    written
        .into_iter()
        .filter_map(|(_, edge)| edge.first)
        .any(|written| (0..=BROUGHT_WITHIN_SECONDS).contains(&(written.as_second() - contact.as_second())))
}

/// When the attacker's programs first wrote an archive; a server contacted for the first time after that took it.
fn packed(plot: &Plot<'_>) -> Option<Timestamp> {
    let graph = plot.graph();
    let written = plot.deeds().into_iter().map(|id| graph.edge(id)).filter(|edge| edge.verb == Verb::Write);
    let archives = written.filter(|edge| {
        let name = graph.node(edge.to).name.to_lowercase();
        ARCHIVES.iter().any(|extension| name.ends_with(extension))
    });
    archives.filter_map(|edge| edge.first).min()
}

/// Addresses from which the attacker's credentials and sessions were used.
fn of_credentials(plot: &Plot<'_>) -> Vec<Endpoint> {
    let graph = plot.graph();
    let by_address = &plot.case.hosts_by_address;
    let taken = plot.tactics().contains(&Tactic::Exfiltration);
    let mut endpoints = Vec::new();
    for id in plot.attacker.held.keys() {
        let read_data = graph.out(*id).any(|(_, edge)| {
            edge.verb == Verb::Read && matches!(graph.node(edge.to).kind, EntityKind::Bucket | EntityKind::Secret)
        });
        for (_, edge) in graph.into(*id).filter(|(_, edge)| matches!(edge.verb, Verb::Arrive | Verb::Logon)) {
            let Some(address) = graph.node(edge.from).attr(Attr::Address) else { continue };
            if by_address.contains_key(address) {
                continue;
            }
            endpoints.push(Endpoint { address: address.to_owned(), port: None, role: EndpointRole::Origin });
            if read_data && taken {
                endpoints.push(Endpoint { address: address.to_owned(), port: None, role: EndpointRole::Exfiltration });
            }
        }
    }
    endpoints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, host: &str, port: Option<u16>) {
        assert_eq!(host_and_port(url), Some((host.to_owned(), port)), "{url}");
    }

    #[test]
    fn urls() {
        check("http://198.51.100.7/a.exe", "198.51.100.7", Some(80));
        check("https://user@files.example:8443/a", "files.example", Some(8443));
        check("http://[2001:db8::1]:81/x", "2001:db8::1", Some(81));
        check("ftp://files.example", "files.example", None);
        assert_eq!(host_and_port("about:internet"), None);
    }
}
