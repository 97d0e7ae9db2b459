//! A firewall with nftables: addresses and networks that are blocked, hosts that are isolated with a management path left open.
//!
//! Quell has a table of its own and touches no other. A management address that was left out of the settings would be cut with the
//! rest: there is always one.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use quell_model::action::{ActionError, ActionKind, ActionSpec, Actions, Blast, With, parameter};
use serde_json::{Value, json};

use super::Program;
use super::host::{HostSettings, user};
use super::setting::{Look, Setting, hold};

/// A firewall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirewallSettings {
    /// How `nft` is started.
    pub program: Program,
    /// Addresses that an isolated host still reaches, and that are never blocked.
    pub management: Vec<IpAddr>,
    /// Addresses of hosts by their short name in lower case, for parameters that name a host.
    pub addresses: BTreeMap<String, IpAddr>,
    /// A program that reaches an address if it is not blocked, `{address}` standing for it: `ping -c 1 -W 1 {address}`.
    pub probe: Option<(Program, Vec<String>)>,
}

/// The actions of a firewall.
pub fn firewall_actions(settings: FirewallSettings, actions: &mut Actions) {
    let firewall = Arc::new(Firewall { settings });
    for (spec, kind) in EDGE {
        hold(SetMember { place: Place::Edge(Arc::clone(&firewall)), spec, kind }, actions);
    }
}

/// What a host's own firewall can do to the accounts on it.
pub(super) fn account_actions(hosts: &Arc<HostSettings>, actions: &mut Actions) {
    for (spec, kind) in ON_HOSTS {
        hold(SetMember { place: Place::Host(Arc::clone(hosts)), spec, kind }, actions);
    }
}

/// What is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Address,
    Network,
    Host,
    /// A port, between what is inside and what is not.
    PortExternal,
    /// A port, among what is inside.
    PortInternal,
    /// Programs of an account, to what is not inside.
    UserExternal,
    /// Programs of an account, to what is inside.
    UserInternal,
}

static EDGE: [(&ActionSpec, Kind); 5] = [
    (
        &cut(
            "net.block_address",
            "Block an address at the firewall",
            &["address"],
            &["RA3101", "RA3102"],
            Blast::Service,
        ),
        Kind::Address,
    ),
    (&cut("net.block_network", "Block a network at the firewall", &["network"], &[], Blast::Network), Kind::Network),
    (
        &ActionSpec {
            d3fend: "D3-NI",
            ..cut(
                "net.isolate_host",
                "Cut a host off, but for the management path",
                &["address"],
                &["RA3102"],
                Blast::Host,
            )
        },
        Kind::Host,
    ),
    (
        &cut("net.block_port_external", "Block a port to and from outside", &["port"], &["RA3107"], Blast::Network),
        Kind::PortExternal,
    ),
    (
        &cut(
            "net.block_port_internal",
            "Block a port between our own networks",
            &["port"],
            &["RA3108"],
            Blast::Network,
        ),
        Kind::PortInternal,
    ),
];
static ON_HOSTS: [(&ActionSpec, Kind); 2] = [
    (
        &cut(
            "host.block_user_external",
            "Let programs of an account reach nothing outside",
            &["host", "user"],
            &["RA3109"],
            Blast::Account,
        ),
        Kind::UserExternal,
    ),
    (
        &cut(
            "host.block_user_internal",
            "Let programs of an account reach nothing inside",
            &["host", "user"],
            &["RA3110"],
            Blast::Account,
        ),
        Kind::UserInternal,
    ),
];

const fn cut(
    id: &'static str,
    title: &'static str,
    needs: &'static [&'static str],
    react: &'static [&'static str],
    blast: Blast,
) -> ActionSpec {
    let rights = "nft may change the table inet quell (CAP_NET_ADMIN)";
    ActionSpec { id, title, kind: ActionKind::Contain, needs, d3fend: "D3-NTF", react, blast, rights }
}

/// Rules of our table; `create` fails if somebody else was faster. Inside is what RFC 1918, 4193 and 3927, 4291 set apart.
const TABLE: &str = "create table inet quell
add set inet quell blocked4 { type ipv4_addr; flags interval; }
add set inet quell blocked6 { type ipv6_addr; flags interval; }
add set inet quell isolated4 { type ipv4_addr; flags interval; }
add set inet quell isolated6 { type ipv6_addr; flags interval; }
add set inet quell manage4 { type ipv4_addr; flags interval; }
add set inet quell manage6 { type ipv6_addr; flags interval; }
add set inet quell inside4 { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16 }; }
add set inet quell inside6 { type ipv6_addr; flags interval; elements = { fc00::/7, fe80::/10 }; }
add set inet quell ports_external { type inet_proto . inet_service; }
add set inet quell ports_internal { type inet_proto . inet_service; }
add set inet quell users_external { type uid; }
add set inet quell users_internal { type uid; }
";
const CHAINS: [(&str, &str); 3] = [("guard_forward", "forward"), ("guard_input", "input"), ("guard_output", "output")];
const RULES: [&str; 14] = [
    "ip daddr @blocked4 counter drop",
    "ip saddr @blocked4 counter drop",
    "ip6 daddr @blocked6 counter drop",
    "ip6 saddr @blocked6 counter drop",
    "ip saddr @isolated4 ip daddr != @manage4 counter drop",
    "ip daddr @isolated4 ip saddr != @manage4 counter drop",
    "ip6 saddr @isolated6 ip6 daddr != @manage6 counter drop",
    "ip6 daddr @isolated6 ip6 saddr != @manage6 counter drop",
    "meta l4proto . th dport @ports_external ip daddr != @inside4 counter drop",
    "meta l4proto . th dport @ports_external ip saddr != @inside4 counter drop",
    "meta l4proto . th dport @ports_external ip6 daddr != @inside6 counter drop",
    "meta l4proto . th dport @ports_external ip6 saddr != @inside6 counter drop",
    "meta l4proto . th dport @ports_internal ip daddr @inside4 ip saddr @inside4 counter drop",
    "meta l4proto . th dport @ports_internal ip6 daddr @inside6 ip6 saddr @inside6 counter drop",
];
/// Who sent a packet is known on its way out only.
const OUTPUT_RULES: [&str; 4] = [
    "meta skuid @users_external ip daddr != @inside4 counter drop",
    "meta skuid @users_external ip6 daddr != @inside6 counter drop",
    "meta skuid @users_internal ip daddr @inside4 counter drop",
    "meta skuid @users_internal ip6 daddr @inside6 counter drop",
];
/// What is never cut: the machine with itself, and people who have to get there.
const SPARED: [&str; 6] = [
    "iifname lo accept",
    "oifname lo accept",
    "ip saddr @manage4 accept",
    "ip daddr @manage4 accept",
    "ip6 saddr @manage6 accept",
    "ip6 daddr @manage6 accept",
];

struct Firewall {
    settings: FirewallSettings,
}

impl Firewall {
    /// What lets the management addresses through.
    fn managed(&self) -> String {
        let element = |address: &IpAddr| {
            let family = if address.is_ipv4() { 4 } else { 6 };
            format!("add element inet quell manage{family} {{ {address} }}\n")
        };
        self.settings.management.iter().map(element).collect()
    }

    /// What makes our table; none if it is there.
    async fn missing(&self) -> Result<Option<String>, ActionError> {
        if self.settings.program.run(&["nft", "list", "table", "inet", "quell"], None).await?.success {
            return Ok(None);
        }
        let mut script = format!("{TABLE}{}", self.managed());
        for (chain, hook) in CHAINS {
            script.push_str(&format!(
                "add chain inet quell {chain} {{ type filter hook {hook} priority -5; policy accept; }}\n"
            ));
            let of_output: &[&str] = if chain == "guard_output" { &OUTPUT_RULES } else { &[] };
            // A chain is told apart by its interfaces: packets on their way out have come in nowhere.
            let spared = SPARED.iter().filter(|rule| !(rule.starts_with("iifname") && chain == "guard_output"));
            let spared = spared.filter(|rule| !(rule.starts_with("oifname") && chain == "guard_input"));
            for rule in spared.chain(&RULES).chain(of_output) {
                script.push_str(&format!("add rule inet quell {chain} {rule}\n"));
            }
        }
        Ok(Some(script))
    }

    /// Makes our table, if it is not there.
    async fn prepare(&self) -> Result<(), ActionError> {
        let nft = &self.settings.program;
        let Some(script) = self.missing().await? else {
            // The settings may have changed since the table was made.
            return nft.must(&["nft", "-f", "-"], Some(&self.managed())).await.map(drop);
        };
        let made = nft.run(&["nft", "-f", "-"], Some(&script)).await?;
        let there = made.success || nft.run(&["nft", "list", "table", "inet", "quell"], None).await?.success;
        if there { Ok(()) } else { Err(ActionError::Refused(made.err)) }
    }

    async fn has(&self, member: &Member) -> Result<bool, ActionError> {
        let (set, element) = (member.set.as_str(), format!("{{ {} }}", member.element));
        let ran = self.settings.program.run(&["nft", "get", "element", "inet", "quell", set, &element], None).await?;
        // So it says of a table that is not there, too.
        match ran.success || ran.err.contains("No such file or directory") {
            true => Ok(ran.success),
            false => Err(ActionError::Refused(ran.err)),
        }
    }

    async fn change(&self, verb: &str, member: &Member) -> Result<(), ActionError> {
        let (set, element) = (member.set.as_str(), format!("{{ {} }}", member.element));
        self.settings.program.must(&["nft", verb, "element", "inet", "quell", set, &element], None).await.map(drop)
    }

    /// What somebody sees who tries to get through: whether an answer came.
    async fn reaches(&self, member: &Member) -> Result<Option<bool>, ActionError> {
        let (Some((program, words)), Some(address)) = (&self.settings.probe, &member.probed) else { return Ok(None) };
        let words: Vec<&str> =
            words.iter().map(|word| if word == "{address}" { address.as_str() } else { word.as_str() }).collect();
        Ok(Some(program.run(&words, None).await?.success))
    }
}

/// An element of a set of ours. Its text was parsed: it is an address or a network and nothing else.
struct Member {
    set: String,
    element: String,
    /// The address that a probe tries; none if there is no single one.
    probed: Option<String>,
}

struct SetMember {
    place: Place,
    spec: &'static ActionSpec,
    kind: Kind,
}

/// Where the firewall is.
enum Place {
    Edge(Arc<Firewall>),
    /// On the host that the parameters name.
    Host(Arc<HostSettings>),
}

impl SetMember {
    fn firewall(&self, with: &With) -> Result<Arc<Firewall>, ActionError> {
        match &self.place {
            Place::Edge(firewall) => Ok(Arc::clone(firewall)),
            Place::Host(hosts) => {
                let (program, management) = (hosts.program(with)?.clone(), hosts.management.clone());
                Ok(Arc::new(Firewall {
                    settings: FirewallSettings { program, management, addresses: BTreeMap::new(), probe: None },
                }))
            }
        }
    }

    async fn member(&self, firewall: &Firewall, with: &With) -> Result<Member, ActionError> {
        match self.kind {
            Kind::Address | Kind::Host => {
                let text = parameter(with, "address")?;
                let unfit =
                    || ActionError::Unfit(format!("{text:?} is no address, and no host whose address is known"));
                let address = text.trim().parse().ok().or_else(|| firewall.address_of(text)).ok_or_else(unfit)?;
                let set = if self.kind == Kind::Host { "isolated" } else { "blocked" };
                firewall.spare((address, if address.is_ipv4() { 32 } else { 128 }))?;
                Ok(Member { probed: Some(address.to_string()), ..Member::of(set, address, address.to_string()) })
            }
            Kind::Network => {
                let text = parameter(with, "network")?;
                let unfit = || ActionError::Unfit(format!("{text:?} is no network like 203.0.113.0/24"));
                let (address, bits) = network(text).ok_or_else(unfit)?;
                firewall.spare((address, bits))?;
                Ok(Member::of("blocked", address, format!("{address}/{bits}")))
            }
            Kind::PortExternal => Ok(Member::named("ports_external", port(with)?)),
            Kind::PortInternal => Ok(Member::named("ports_internal", port(with)?)),
            Kind::UserExternal => Ok(Member::named("users_external", firewall.uid(with).await?)),
            Kind::UserInternal => Ok(Member::named("users_internal", firewall.uid(with).await?)),
        }
    }
}

impl Member {
    fn of(kind: &str, address: IpAddr, element: String) -> Member {
        Member { set: format!("{kind}{}", if address.is_ipv4() { 4 } else { 6 }), element, probed: None }
    }

    fn named(set: &str, element: String) -> Member {
        Member { set: set.to_owned(), element, probed: None }
    }
}

impl Firewall {
    /// The address of a host that is known by name.
    fn address_of(&self, host: &str) -> Option<IpAddr> {
        let short = host.trim().split('.').next().unwrap_or_default().to_lowercase();
        self.settings.addresses.get(&short).copied()
    }

    /// Fails if a management address would be cut.
    fn spare(&self, cut: (IpAddr, u8)) -> Result<(), ActionError> {
        match self.settings.management.iter().find(|one| covers(cut, **one)) {
            Some(one) => Err(ActionError::Unfit(format!("it would cut the management path {one}"))),
            None => Ok(()),
        }
    }

    /// The number of an account; that of root is none that anybody means to cut off.
    async fn uid(&self, with: &With) -> Result<String, ActionError> {
        let name = user(with)?;
        let text = self.settings.program.must(&["id", "-u", name], None).await?;
        let number: u32 = text.trim().parse().map_err(|_| ActionError::Refused(format!("{name} has no number")))?;
        if number == 0 { Err(ActionError::Unfit(format!("{name} is root"))) } else { Ok(number.to_string()) }
    }
}

/// A port as nft has it: `445`, `tcp/445` or `53/udp` is `tcp . 445`.
fn port(with: &With) -> Result<String, ActionError> {
    let text = parameter(with, "port")?.trim().to_lowercase();
    let unfit = || ActionError::Unfit(format!("{text:?} is no port like tcp/445"));
    let (protocol, number) = match text.split_once('/') {
        None => ("tcp", text.as_str()),
        Some((protocol @ ("tcp" | "udp"), number) | (number, protocol @ ("tcp" | "udp"))) => (protocol, number),
        Some(_) => return Err(unfit()),
    };
    match number.parse::<u16>() {
        Ok(number) if number > 0 => Ok(format!("{protocol} . {number}")),
        _ => Err(unfit()),
    }
}

impl Setting for SetMember {
    fn spec(&self) -> &ActionSpec {
        self.spec
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let firewall = self.firewall(with)?;
        Ok(json!({ "present": firewall.has(&self.member(&firewall, with).await?).await? }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "present": true })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let firewall = self.firewall(with)?;
        let member = self.member(&firewall, with).await?;
        match to["present"] == true {
            true => {
                firewall.prepare().await?;
                firewall.change("add", &member).await
            }
            false if firewall.has(&member).await? => firewall.change("delete", &member).await,
            false => Ok(()),
        }
    }

    async fn look(&self, with: &With, expected: &Value) -> Result<Look, ActionError> {
        let firewall = self.firewall(with)?;
        let reached = firewall.reaches(&self.member(&firewall, with).await?).await?;
        // Nobody can tell a host that is off from one that is blocked: only that nothing comes through counts.
        Ok(match (reached, expected["present"] == true) {
            (None, _) => Look::None,
            (Some(true), true) => Look::Contradicts("a probe still reaches it".to_owned()),
            (Some(true), false) => Look::Fits("a probe reaches it".to_owned()),
            (Some(false), _) => Look::Fits("a probe does not reach it".to_owned()),
        })
    }

    async fn check(&self, with: &With) -> Result<String, ActionError> {
        let firewall = self.firewall(with)?;
        let member = self.member(&firewall, with).await?;
        let mut script = firewall.missing().await?.unwrap_or_default();
        script.push_str(&format!("add element inet quell {} {{ {} }}\n", member.set, member.element));
        firewall.settings.program.must(&["nft", "-c", "-f", "-"], Some(&script)).await?;
        Ok(format!("nft would put {} into {}", member.element, member.set))
    }
}

/// An address and the length of its prefix, without host bits.
fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.trim().split_once('/')?;
    let (address, length): (IpAddr, u8) = (address.parse().ok()?, length.parse().ok()?);
    let bits = if address.is_ipv4() { 32 } else { 128 };
    // A prefix of nothing is everything: nobody means that.
    if length == 0 || length > bits {
        return None;
    }
    Some((masked(address, length), length))
}

fn masked(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX << (32 - u32::from(length));
            std::net::Ipv4Addr::from(u32::from(address) & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX << (128 - u32::from(length));
            std::net::Ipv6Addr::from(u128::from(address) & mask).into()
        }
    }
}

fn covers((network, length): (IpAddr, u8), address: IpAddr) -> bool {
    network.is_ipv4() == address.is_ipv4() && masked(address, length) == network
}
