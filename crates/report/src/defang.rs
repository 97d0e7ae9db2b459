//! Indicators in a form that nobody opens by accident: `hxxp://198.51.100[.]7`, `evil[.]example`.
//!
//! For people only; JSON keeps the indicator. Must never change anything but scheme, dots and colons, so that a reader
//! can turn it back, and must leave its own output as it is.

use std::net::{Ipv4Addr, Ipv6Addr};

use quell_model::EntityKind;

/// Last labels by which a name in running text is taken for a domain. Endings that are common file names (`sh`, `py`,
/// `zip`, `so`) are left out: a defanged script name misleads more than a plain domain.
const DOMAIN_ENDINGS: &[&str] = &[
    "br", "biz", "ca", "ch", "click", "cloud", "club", "cn", "com", "de", "dev", "es", "eu", "example", "fr", "icu",
    "in", "info", "invalid", "io", "ir", "it", "jp", "kr", "link", "live", "lol", "me", "mobi", "net", "nl", "onion",
    "online", "org", "pl", "pro", "pw", "ru", "shop", "site", "store", "su", "test", "tk", "to", "top", "tv", "ua",
    "uk", "us", "vip", "website", "xyz",
];

/// Names of cloud services and API groups. In running text they name an actor, not a place to go to.
const SERVICE_ENDINGS: &[&str] = &[".amazonaws.com", ".googleapis.com", ".k8s.io", ".kubernetes.io"];

/// Whether names with dots in running text may be domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Domains {
    Defanged,
    Left,
}

/// `text` with the web addresses, IP addresses and domains in it defanged.
#[must_use]
pub fn defang(text: &str) -> String {
    scan(text, Domains::Defanged)
}

/// [`defang`] for the name of an entity. The kind says whether a dotted name is an address, whatever its ending, or a
/// host, file or program of ours that a reader has to find again (`more.com`, `dc01.corp.com`).
pub(crate) fn defang_name(kind: EntityKind, name: &str) -> String {
    let is_address = matches!(kind, EntityKind::Domain | EntityKind::Endpoint | EntityKind::Url);
    let defanged = scan(name, if is_address { Domains::Defanged } else { Domains::Left });
    if is_address && defanged == name && !is_harmless(name) {
        let host_end = name.find(['/', '?', '#']).unwrap_or(name.len());
        let (host, path) = name.split_at(host_end);
        return format!("{}{path}", host.replace("[.]", ".").replace('.', "[.]"));
    }
    defanged
}

fn scan(text: &str, domains: Domains) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    let mut before = None;
    while let Some(first) = rest.chars().next() {
        let taken = take(rest, (before, domains), &mut out).unwrap_or_else(|| {
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
fn take(rest: &str, (before, domains): (Option<char>, Domains), out: &mut String) -> Option<usize> {
    if before.is_some_and(is_word) {
        return None;
    }
    // After an at sign stands the realm of an account.
    let domains = if before == Some('@') { Domains::Left } else { domains };
    take_ipv6(rest, out).or_else(|| take_url(rest, out)).or_else(|| take_word(rest, domains, out))
}

fn take_ipv6(rest: &str, out: &mut String) -> Option<usize> {
    const LEN_MAX: usize = 45;
    let is_part = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.');
    let len = rest.bytes().take(LEN_MAX + 1).take_while(|b| is_part(b)).count();
    let run = rest.get(..len)?.trim_end_matches('.');
    let address: Ipv6Addr = run.parse().ok()?;
    // Already defanged: the head of `2001:db8::1[:]2` is an address too.
    let is_head = rest.get(run.len()..).is_some_and(|after| after.starts_with("[:]"));
    if address.is_loopback() || address.is_unspecified() || is_head {
        return None;
    }
    let (head, tail) = run.rsplit_once(':')?;
    let tail = if tail.contains('.') { last_dot(tail) } else { tail.to_owned() };
    out.push_str(&format!("{head}[:]{tail}"));
    Some(run.len())
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

fn take_word(rest: &str, domains: Domains, out: &mut String) -> Option<usize> {
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let word = rest.get(..end).filter(|word| !word.is_empty())?;
    let name = word.trim_end_matches('.');
    let dots = word.get(name.len()..)?;
    let shown = match name.parse::<Ipv4Addr>() {
        Ok(address) if address.is_loopback() || address.is_unspecified() => name.to_owned(),
        Ok(_) => last_dot(name),
        Err(_) if domains == Domains::Defanged && is_domain(name) => name.replace('.', "[.]"),
        Err(_) => name.to_owned(),
    };
    out.push_str(&shown);
    out.push_str(dots);
    Some(word.len())
}

fn last_dot(address: &str) -> String {
    address.rsplit_once('.').map_or_else(|| address.to_owned(), |(head, tail)| format!("{head}[.]{tail}"))
}

fn is_domain(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let Some((labels, ending)) = lower.rsplit_once('.') else { return false };
    if labels.is_empty() || lower.split('.').any(str::is_empty) {
        return false;
    }
    // "ASP.NET" and "System.Net" are no domains.
    let is_framework = ending == "net" && !name.ends_with("net");
    let is_service = SERVICE_ENDINGS.iter().any(|service| lower.ends_with(service));
    // Renderers turn "www." into a link whatever follows.
    labels.starts_with("www.") || labels == "www" || (DOMAIN_ENDINGS.contains(&ending) && !is_framework && !is_service)
}

fn is_harmless(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let is_loopback = |text: &str| text.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified());
    is_loopback(address) || is_loopback(host)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_')
}

fn is_authority(c: char) -> bool {
    is_word(c) || matches!(c, ':' | '@' | '%')
}
