//! Packet filters that speak OpenC2 (Language 1.0) with the profile for stateless packet filtering (SLPF 1.0) over HTTPS.
//!
//! The profile has no way to ask for a rule. So the number of a rule follows from the address (`insert_rule`, SLPF 2.1.4): denied
//! twice, it is one rule, and after a crash the same rule is taken back whether or not its answer arrived. Whether it holds is seen
//! by a program that tries to reach the address; what cannot be reached beforehand is left to people, who may see more.

use std::net::IpAddr;

use std::sync::Arc;

use quell_model::action::{Acted, ActionError, ActionKind, ActionSpec, Actions, Blast, Containing, With, parameter};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Program;
use super::http::bounded;

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
    actions.contain(Arc::new(DenyAddress { settings, http }));
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

    async fn deny(&self, address: IpAddr) -> Result<(), ActionError> {
        let net = if address.is_ipv4() { "ipv4_net" } else { "ipv6_net" };
        let target = json!({ net: address.to_string() });
        let slpf = json!({ "insert_rule": rule_number(address), "direction": "both", "drop_process": "none" });
        let arguments = json!({ "slpf": slpf, "response_requested": "complete" });
        match self.command(json!({ "action": "deny", "target": target, "args": arguments })).await? {
            Said { status: 200, .. } => Ok(()),
            // The number is ours, and the rule is for this address.
            Said { text, .. } if text.contains("in use") || text.contains("already") => Ok(()),
            Said { status, text } => Err(ActionError::Refused(format!("{status} {text}"))),
        }
    }

    /// Takes the rule away. One that is not there is none.
    async fn delete(&self, address: IpAddr) -> Result<(), ActionError> {
        let command = json!({ "action": "delete", "target": { "slpf:rule_number": rule_number(address) } });
        match self.command(command).await? {
            Said { status: 501, text } => Err(ActionError::Refused(format!("501 {text}"))),
            Said { .. } => Ok(()),
        }
    }

    /// Gives a command. What came of it is said by the response itself, not by HTTP.
    async fn command(&self, command: Value) -> Result<Said, ActionError> {
        let mut request = self.http.post(&self.settings.url).header("content-type", MEDIA);
        if let Some(token) = &self.settings.token {
            request = request.bearer_auth(token);
        }
        let unavailable = |why: String| ActionError::Unavailable(format!("the packet filter: {why}"));
        let answer = request.body(command.to_string()).send().await;
        let answer = answer.map_err(|error| unavailable(error.without_url().to_string()))?;
        let http = answer.status();
        let answer: Value = serde_json::from_str(&bounded(answer).await.map_err(unavailable)?).unwrap_or_default();
        let text = answer["status_text"].as_str().unwrap_or("no reason is given").to_owned();
        match answer["status"].as_u64() {
            Some(status) => Ok(Said { status, text }),
            None if http.is_client_error() => Err(ActionError::Refused(http.to_string())),
            None => Err(unavailable(format!("{http}, and no response of OpenC2"))),
        }
    }
}

/// A response (Language 1.0, 3.3.2).
struct Said {
    status: u64,
    text: String,
}

impl Containing for DenyAddress {
    fn spec(&self) -> &ActionSpec {
        &DENY_ADDRESS
    }

    fn is_blind(&self) -> bool {
        true
    }

    fn check(&self, with: &With) -> Acted<'_, String> {
        let address = self.address(with);
        Box::pin(async move {
            let address = address?;
            match self.reaches(address).await? {
                true => Ok(format!("{address} is reached now")),
                false => {
                    let why = format!("{address} is not reached now, so nobody could see it denied");
                    Err(ActionError::ByHand(why))
                }
            }
        })
    }

    fn capture(&self, with: &With) -> Acted<'_, Value> {
        let address = self.address(with);
        Box::pin(async move { Ok(json!({ "reached": self.reaches(address?).await? })) })
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "reached": false })
    }

    fn apply(&self, with: &With, _: &Value) -> Acted<'_, ()> {
        let address = self.address(with);
        Box::pin(async move { self.deny(address?).await })
    }

    fn verify(&self, with: &With, _: &Value) -> Acted<'_, String> {
        let address = self.address(with);
        Box::pin(async move {
            let address = address?;
            if !self.reaches(address).await? {
                return Ok(format!("rule {} is accepted, and {address} is not reached", rule_number(address)));
            }
            // A rule that holds nothing is not left behind.
            self.delete(address).await?;
            Err(ActionError::Refused(format!("{address} is still reached; the rule is taken away again")))
        })
    }

    fn undo(&self, with: &With, _: &Value) -> Acted<'_, ()> {
        let address = self.address(with);
        Box::pin(async move { self.delete(address?).await })
    }

    fn verify_undone(&self, with: &With, _: &Value) -> Acted<'_, String> {
        let address = self.address(with);
        Box::pin(async move {
            let address = address?;
            Ok(match self.reaches(address).await? {
                true => format!("the rule is deleted, and {address} is reached"),
                false => format!("the rule is deleted; {address} is not reached, for whatever other reason"),
            })
        })
    }
}

/// The number of the rule for an address.
fn rule_number(address: IpAddr) -> u32 {
    let hash = Sha256::digest(address.to_string());
    let word = hash.iter().take(4).fold(0, |word: u32, byte| word << 8 | u32::from(*byte));
    RULES_FROM + word % RULES_FROM
}
