//! Indicators in a form that nobody opens by accident: `hxxp://198.51.100[.]7`, `evil[.]example`.
//!
//! For people only; JSON keeps the indicator. Must never change anything but scheme, dots and colons, so that a reader
//! can turn it back, and must leave its own output as it is. Names of our own hosts and accounts stay as they are: a
//! reader pastes them into a search or a command.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use quell_model::{EntityKind, Incident};

/// Addresses that belong to the attacker, as far as an incident says.
#[derive(Debug, Clone, Default)]
pub struct Indicators {
    /// IP addresses in their usual form, names in lower case.
    addresses: BTreeSet<String>,
}

impl Indicators {
    /// Those addresses and names.
    pub fn new<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Indicators {
        let addresses = addresses.into_iter().map(normal).filter(|address| !address.is_empty());
        Indicators { addresses: addresses.collect() }
    }

    /// Remote addresses of an incident and where it came from, without hosts that it names as ours.
    pub(crate) fn of(incident: &Incident) -> Indicators {
        let entry = &incident.root_cause.entry;
        let remote = incident.endpoints.iter().map(|endpoint| endpoint.address.as_str());
        let origin = entry.address.iter().chain(&entry.url).map(|address| host_part(address));
        let mut indicators = Indicators::new(remote.chain(origin));
        for host in &incident.scope.hosts {
            indicators.addresses.remove(&normal(host));
        }
        indicators
    }

    fn has(&self, address: &str) -> bool {
        self.addresses.contains(&normal(address))
    }
}

/// Which addresses are defanged; web addresses always are.
#[derive(Debug, Clone, Copy)]
enum Which<'a> {
    /// Only web addresses.
    Urls,
    /// Known ones, and what renderers turn into links.
    Known(&'a Indicators),
    /// Every IP address.
    Ips,
}

/// `text` with the web addresses in it and the addresses of `indicators` defanged.
#[must_use]
pub fn defang(text: &str, indicators: &Indicators) -> String {
    scan(text, Which::Known(indicators))
}

/// [`defang`] for the name of an entity. The kind says whether it is an address to keep away from, or a host, file or
/// program of ours that a reader has to find again (`more.com`, `dc01.corp.com`, `10.0.0.7`).
pub(crate) fn defang_name(kind: EntityKind, name: &str) -> String {
    if !matches!(kind, EntityKind::Domain | EntityKind::Endpoint | EntityKind::Url) {
        return scan(name, Which::Urls);
    }
    let defanged = scan(name, Which::Ips);
    if defanged == name && !is_harmless(name) {
        let host_end = name.find(['/', '?', '#']).unwrap_or(name.len());
        let (host, path) = name.split_at(host_end);
        return format!("{}{path}", host.replace("[.]", ".").replace('.', "[.]"));
    }
    defanged
}

fn normal(address: &str) -> String {
    match address.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => address.trim_end_matches('.').to_lowercase(),
    }
}

/// The host of a web address, or of an address with a port.
fn host_part(address: &str) -> &str {
    let after = address.split_once("://").map_or(address, |(_, after)| after);
    let authority = after.split(['/', '?', '#']).next().unwrap_or(after);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((name, _)) if !name.contains(':') => name,
        _ => host,
    }
}

fn scan(text: &str, which: Which<'_>) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    let mut before = None;
    while let Some(first) = rest.chars().next() {
        let taken = take(rest, (before, which), &mut out).unwrap_or_else(|| {
            out.push(first);
            first.len_utf8()
        });
        let (done, left) = rest.split_at(taken);
        before = done.chars().next_back();
        rest = left;
    }
    out
}

/// Writes the indicator or plain word at the start of `rest` and returns its length; `None` for anything else.
fn take(rest: &str, (before, which): (Option<char>, Which<'_>), out: &mut String) -> Option<usize> {
    if before.is_some_and(is_word) {
        return None;
    }
    // After an at sign stands the realm of an account.
    let which = if before == Some('@') { Which::Urls } else { which };
    take_ipv6(rest, which, out).or_else(|| take_url(rest, out)).or_else(|| take_word(rest, which, out))
}

fn take_ipv6(rest: &str, which: Which<'_>, out: &mut String) -> Option<usize> {
    const LEN_MAX: usize = 45;
    let is_part = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.');
    let len = rest.bytes().take(LEN_MAX + 1).take_while(|b| is_part(b)).count();
    let run = rest.get(..len)?.trim_end_matches('.');
    let address: Ipv6Addr = run.parse().ok()?;
    // Already defanged: the head of `2001:db8::1[:]2` is an address too.
    let is_head = rest.get(run.len()..).is_some_and(|after| after.starts_with("[:]"));
    if is_head || !is_wanted(which, run, is_ours(IpAddr::V6(address))) {
        return None;
    }
    let (head, tail) = run.rsplit_once(':')?;
    let tail = if tail.contains('.') { last_dot(tail) } else { tail.to_owned() };
    out.push_str(&format!("{head}[:]{tail}"));
    Some(run.len())
}

fn is_wanted(which: Which<'_>, address: &str, is_ours: bool) -> bool {
    match which {
        Which::Urls => false,
        Which::Known(indicators) => indicators.has(address),
        Which::Ips => !is_ours,
    }
}

fn take_url(rest: &str, out: &mut String) -> Option<usize> {
    const SCHEMES: [(&str, &str); 4] =
        [("https://", "hxxps://"), ("http://", "hxxp://"), ("ftps://", "fxps://"), ("ftp://", "fxp://")];
    let (scheme, shown) = SCHEMES
        .iter()
        .find(|(scheme, _)| rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))?;
    let after = rest.get(scheme.len()..)?;
    let authority = after.get(..after.find(|c| !is_authority(c)).unwrap_or(after.len()))?;
    out.push_str(shown);
    out.push_str(&authority_defanged(authority));
    Some(scheme.len() + authority.len())
}

fn authority_defanged(authority: &str) -> String {
    let (user, host) = authority
        .rsplit_once('@')
        .map_or(("", authority), |(_, host)| authority.split_at(authority.len() - host.len()));
    let name = host.split(':').next().unwrap_or(host);
    let shown = match name.parse::<Ipv4Addr>() {
        Ok(_) => last_dot(host),
        Err(_) => host.replace('.', "[.]"),
    };
    format!("{}{shown}", user.replace('.', "[.]"))
}

fn take_word(rest: &str, which: Which<'_>, out: &mut String) -> Option<usize> {
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let word = rest.get(..end).filter(|word| !word.is_empty())?;
    let name = word.trim_end_matches('.');
    let dots = word.get(name.len()..)?;
    let shown = match name.parse::<Ipv4Addr>() {
        Ok(address) if is_wanted(which, name, is_ours(IpAddr::V4(address))) => last_dot(name),
        Err(_) if is_name(which, name) => name.replace('.', "[.]"),
        _ => name.to_owned(),
    };
    out.push_str(&shown);
    out.push_str(dots);
    Some(word.len())
}

fn last_dot(address: &str) -> String {
    address.rsplit_once('.').map_or_else(|| address.to_owned(), |(head, tail)| format!("{head}[.]{tail}"))
}

/// Whether a word is a known name, or one that renderers turn into a link.
fn is_name(which: Which<'_>, name: &str) -> bool {
    let Which::Known(indicators) = which else { return false };
    let is_www = name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
    is_www || (name.contains('.') && indicators.has(name))
}

/// Addresses that lead nowhere outside.
fn is_ours(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_unspecified() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

fn is_harmless(address: &str) -> bool {
    let is_ours = |text: &str| text.parse::<IpAddr>().is_ok_and(is_ours);
    is_ours(address) || is_ours(host_part(address))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_')
}

fn is_authority(c: char) -> bool {
    is_word(c) || matches!(c, ':' | '@' | '%')
}
