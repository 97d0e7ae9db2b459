//! Packet filters that speak OpenC2 (Language 1.0) with the profile for stateless packet filtering (SLPF 1.0) over HTTPS.
//!
//! The profile has no way to ask for a rule: whether an address is denied is seen by a program that tries to reach it, and only so.
//! What cannot be reached beforehand is therefore refused. The number of a rule follows from the address (`insert_rule`, SLPF 2.1.4),
//! so that after a crash the same rule is taken back, whether or not its answer arrived.

use std::net::IpAddr;

use quell_model::action::{ActionError, ActionKind, ActionSpec, Actions, Blast, With, parameter};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Program;
use super::http::bounded;
use super::setting::{Setting, hold};

/// A packet filter.
#[derive(Clone)]
pub struct PacketFilterSettings {
    /// Where it takes commands: `https://fw.example/.well-known/openc2`.
    pub url: String,
    /// A bearer token for it.
    pub token: Option<String>,
    /// A program that reaches `{address}` if it is not denied.
    pub probe: Vec<String>,
    /// What stands before the probe: a place that the filter lies between.
    pub probe_from: Program,
    /// Addresses that are never denied.
    pub management: Vec<IpAddr>,
}

impl std::fmt::Debug for PacketFilterSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PacketFilterSettings").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The action of a packet filter.
pub fn packet_filter_actions(settings: PacketFilterSettings, http: reqwest::Client, actions: &mut Actions) {
    hold(DenyAddress { settings, http }, actions);
}

const DENY_ADDRESS: ActionSpec = ActionSpec {
    id: "openc2.deny",
    title: "Deny an address at a packet filter by OpenC2",
    kind: ActionKind::Contain,
    needs: &["address"],
    d3fend: "D3-NTF",
    react: &["RA3101"],
    blast: Blast::Service,
    rights: "deny and delete of the profile SLPF",
};
/// Media type of a command (OpenC2 over HTTPS 1.0, 3.2).
const MEDIA: &str = "application/openc2-cmd+json;version=1.0";
/// Rules of Quell have numbers from here on, below the largest that is the same everywhere.
const RULES_FROM: u32 = 1 << 30;

struct DenyAddress {
    settings: PacketFilterSettings,
    http: reqwest::Client,
}

impl DenyAddress {
    fn address(&self, with: &With) -> Result<IpAddr, ActionError> {
        let text = parameter(with, "address")?.trim();
        let address: IpAddr = text.parse().map_err(|_| ActionError::Unfit(format!("{text:?} is no address")))?;
        match self.settings.management.contains(&address.to_canonical()) {
            true => Err(ActionError::Unfit(format!("{address} is needed to manage what is contained"))),
            false => Ok(address.to_canonical()),
        }
    }

    async fn reaches(&self, address: IpAddr) -> Result<bool, ActionError> {
        let words: Vec<String> =
            self.settings.probe.iter().map(|word| word.replace("{address}", &address.to_string())).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Ok(self.settings.probe_from.run(&words, None).await?.success)
    }

    /// Gives a command. That it is done is said by the status of the response itself, not by that of HTTP.
    async fn command(&self, command: Value) -> Result<(), ActionError> {
        let mut request = self.http.post(&self.settings.url).header("content-type", MEDIA);
        if let Some(token) = &self.settings.token {
            request = request.bearer_auth(token);
        }
        let unavailable = |why: String| ActionError::Unavailable(format!("the packet filter: {why}"));
        let answer = request.body(command.to_string()).send().await;
        let answer = answer.map_err(|error| unavailable(error.without_url().to_string()))?;
        let http = answer.status();
        let text = bounded(answer).await.map_err(unavailable)?;
        if http.is_server_error() && http != 501 {
            return Err(unavailable(http.to_string()));
        }
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        match (answer["status"].as_u64(), http.is_success()) {
            (Some(200), true) => Ok(()),
            (status, _) => {
                let status = status.map_or_else(|| http.to_string(), |status| status.to_string());
                let why = answer["status_text"].as_str().unwrap_or("no reason is given");
                Err(ActionError::Refused(format!("{status} {why}")))
            }
        }
    }
}

impl Setting for DenyAddress {
    fn spec(&self) -> &ActionSpec {
        &DENY_ADDRESS
    }

    async fn check(&self, with: &With) -> Result<String, ActionError> {
        let address = self.address(with)?;
        match self.reaches(address).await? {
            true => Ok(format!("{address} is reached now")),
            false => Err(ActionError::Refused(format!("{address} is not reached now: nobody could see it denied"))),
        }
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        Ok(json!({ "reached": self.reaches(self.address(with)?).await? }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "reached": false })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let address = self.address(with)?;
        if self.reaches(address).await? == (to["reached"] == true) {
            return Ok(());
        }
        let rule = rule_number(address);
        if to["reached"] == true {
            return self.command(json!({ "action": "delete", "target": { "slpf:rule_number": rule } })).await;
        }
        let net = if address.is_ipv4() { "ipv4_net" } else { "ipv6_net" };
        let arguments = json!({ "slpf": { "insert_rule": rule, "direction": "both", "drop_process": "none" }, "response_requested": "complete" });
        let target = json!({ net: address.to_string() });
        self.command(json!({ "action": "deny", "target": target, "args": arguments })).await
    }
}

/// The number of the rule for an address.
fn rule_number(address: IpAddr) -> u32 {
    let hash = Sha256::digest(address.to_string());
    let word = hash.iter().take(4).fold(0, |word: u32, byte| word << 8 | u32::from(*byte));
    RULES_FROM + word % RULES_FROM
}
