//! A firewall with nftables: addresses and networks that are blocked, hosts that are isolated with a management path left open.
//!
//! Quell has a table of its own and touches no other. A management address that was left out of the settings would be cut with the
//! rest: there is always one.

use std::sync::Arc;

use quell_model::action::{Acted, ActionError, ActionKind, ActionSpec, Actions, Containing, With, parameter};
use serde_json::{Value, json};

use super::Program;

/// A firewall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirewallSettings {
    /// How `nft` is started.
    pub program: Program,
    /// Addresses that an isolated host still reaches, and that are never blocked.
    pub management: Vec<std::net::IpAddr>,
    /// A program that reaches an address if it is not blocked, `{address}` standing for it: `ping -c 1 -W 1 {address}`.
    pub probe: Option<(Program, Vec<String>)>,
}

/// The actions of a firewall.
pub fn firewall_actions(settings: FirewallSettings, actions: &mut Actions) {
    let firewall = Arc::new(Firewall { settings });
    for spec in [&BLOCK_ADDRESS, &BLOCK_NETWORK, &ISOLATE_HOST] {
        actions.contain(Arc::new(SetMember { firewall: Arc::clone(&firewall), spec }));
    }
}

const BLOCK_ADDRESS: ActionSpec = ActionSpec {
    id: "net.block_address",
    title: "Block an address at the firewall",
    kind: ActionKind::Contain,
    needs: &["address"],
    d3fend: "D3-NTF",
    rights: "nft may change the table inet quell (CAP_NET_ADMIN)",
};
const BLOCK_NETWORK: ActionSpec = ActionSpec {
    id: "net.block_network",
    title: "Block a network at the firewall",
    kind: ActionKind::Contain,
    needs: &["network"],
    d3fend: "D3-NTF",
    rights: "nft may change the table inet quell (CAP_NET_ADMIN)",
};
const ISOLATE_HOST: ActionSpec = ActionSpec {
    id: "net.isolate_host",
    title: "Cut a host off, but for the management path",
    kind: ActionKind::Contain,
    needs: &["address"],
    d3fend: "D3-NI",
    rights: "nft may change the table inet quell (CAP_NET_ADMIN)",
};

/// Rules of our table; `create` fails if somebody else was faster.
const TABLE: &str = "create table inet quell
add set inet quell blocked4 { type ipv4_addr; flags interval; }
add set inet quell blocked6 { type ipv6_addr; flags interval; }
add set inet quell isolated4 { type ipv4_addr; flags interval; }
add set inet quell isolated6 { type ipv6_addr; flags interval; }
add set inet quell manage4 { type ipv4_addr; flags interval; }
add set inet quell manage6 { type ipv6_addr; flags interval; }
";
const CHAINS: [(&str, &str); 3] = [("guard_forward", "forward"), ("guard_input", "input"), ("guard_output", "output")];
const RULES: [&str; 8] = [
    "ip daddr @blocked4 counter drop",
    "ip saddr @blocked4 counter drop",
    "ip6 daddr @blocked6 counter drop",
    "ip6 saddr @blocked6 counter drop",
    "ip saddr @isolated4 ip daddr != @manage4 counter drop",
    "ip daddr @isolated4 ip saddr != @manage4 counter drop",
    "ip6 saddr @isolated6 ip6 daddr != @manage6 counter drop",
    "ip6 daddr @isolated6 ip6 saddr != @manage6 counter drop",
];

struct Firewall {
    settings: FirewallSettings,
}

impl Firewall {
    /// What lets the management addresses through.
    fn managed(&self) -> String {
        let element = |address: &std::net::IpAddr| {
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
            for rule in RULES {
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
    /// The address that a probe tries; none for a network.
    probed: Option<String>,
}

struct SetMember {
    firewall: Arc<Firewall>,
    spec: &'static ActionSpec,
}

impl SetMember {
    fn member(&self, with: &With) -> Result<Member, ActionError> {
        let text = parameter(with, self.spec.needs[0])?;
        let unfit = |what: &str| ActionError::Unfit(format!("{text:?} is no {what}"));
        let of_network = self.spec.id == BLOCK_NETWORK.id;
        let (address, bits) = if of_network {
            network(text).ok_or_else(|| unfit("network like 203.0.113.0/24"))?
        } else {
            let address: std::net::IpAddr = text.trim().parse().map_err(|_| unfit("address"))?;
            (address, if address.is_ipv4() { 32 } else { 128 })
        };
        let element = if of_network { format!("{address}/{bits}") } else { address.to_string() };
        let probed = (!of_network).then(|| element.clone());
        if let Some(cut) = self.firewall.settings.management.iter().find(|one| covers((address, bits), **one)) {
            return Err(ActionError::Unfit(format!("it would cut the management path {cut}")));
        }
        let kind = if self.spec.id == ISOLATE_HOST.id { "isolated" } else { "blocked" };
        Ok(Member { set: format!("{kind}{}", if address.is_ipv4() { 4 } else { 6 }), element, probed })
    }

    async fn look(&self, with: &With, wanted: bool) -> Result<String, ActionError> {
        let member = self.member(with)?;
        let has = self.firewall.has(&member).await?;
        if has != wanted {
            let state = if has { "is still" } else { "is not" };
            return Err(ActionError::Refused(format!("{} {state} in {}", member.element, member.set)));
        }
        let state = format!("{} {} {}", member.element, if has { "is in" } else { "is not in" }, member.set);
        match self.firewall.reaches(&member).await? {
            None => Ok(format!("{state}; read back, not probed")),
            // Nobody can tell a host that is off from one that is blocked: only that nothing comes through counts.
            Some(reached) if reached == wanted && wanted => {
                Err(ActionError::Refused(format!("{state}, but a probe still reaches it")))
            }
            Some(true) => Ok(format!("{state}; a probe reaches it")),
            Some(false) => Ok(format!("{state}; a probe does not reach it")),
        }
    }
}

impl Containing for SetMember {
    fn spec(&self) -> &ActionSpec {
        self.spec
    }

    fn check(&self, with: &With) -> Acted<'_, String> {
        let member = self.member(with);
        Box::pin(async move {
            let member = member?;
            let mut script = self.firewall.missing().await?.unwrap_or_default();
            script.push_str(&format!("add element inet quell {} {{ {} }}\n", member.set, member.element));
            self.firewall.settings.program.must(&["nft", "-c", "-f", "-"], Some(&script)).await?;
            Ok(format!("nft would put {} into {}", member.element, member.set))
        })
    }

    fn capture(&self, with: &With) -> Acted<'_, Value> {
        let member = self.member(with);
        Box::pin(async move { Ok(json!({ "present": self.firewall.has(&member?).await? })) })
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "present": true })
    }

    fn apply(&self, with: &With, _: &Value) -> Acted<'_, ()> {
        let member = self.member(with);
        Box::pin(async move {
            let member = member?;
            self.firewall.prepare().await?;
            self.firewall.change("add", &member).await
        })
    }

    fn verify(&self, with: &With) -> Acted<'_, String> {
        let with = with.clone();
        Box::pin(async move { self.look(&with, true).await })
    }

    fn undo(&self, with: &With, captured: &Value) -> Acted<'_, ()> {
        let (member, was) = (self.member(with), captured["present"] == true);
        Box::pin(async move { if was { Ok(()) } else { self.firewall.change("delete", &member?).await } })
    }

    fn verify_undone(&self, with: &With, captured: &Value) -> Acted<'_, String> {
        let (with, was) = (with.clone(), captured["present"] == true);
        Box::pin(async move { self.look(&with, was).await })
    }
}

/// An address and the length of its prefix, without host bits.
fn network(text: &str) -> Option<(std::net::IpAddr, u8)> {
    let (address, length) = text.trim().split_once('/')?;
    let (address, length): (std::net::IpAddr, u8) = (address.parse().ok()?, length.parse().ok()?);
    let bits = if address.is_ipv4() { 32 } else { 128 };
    // A prefix of nothing is everything: nobody means that.
    if length == 0 || length > bits {
        return None;
    }
    Some((masked(address, length), length))
}

fn masked(address: std::net::IpAddr, length: u8) -> std::net::IpAddr {
    match address {
        std::net::IpAddr::V4(address) => {
            let mask = u32::MAX << (32 - u32::from(length));
            std::net::Ipv4Addr::from(u32::from(address) & mask).into()
        }
        std::net::IpAddr::V6(address) => {
            let mask = u128::MAX << (128 - u32::from(length));
            std::net::Ipv6Addr::from(u128::from(address) & mask).into()
        }
    }
}

fn covers((network, length): (std::net::IpAddr, u8), address: std::net::IpAddr) -> bool {
    network.is_ipv4() == address.is_ipv4() && masked(address, length) == network
}
