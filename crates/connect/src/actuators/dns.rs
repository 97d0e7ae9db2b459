//! Names that our own name server no longer answers truthfully: unbound, steered by `unbound-control`.
//!
//! It never touches a zone that the name server has of its own. What is set so is gone when unbound starts anew.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use quell_model::action::{ActionError, ActionKind, ActionSpec, Actions, Blast, With, parameter};
use serde_json::{Value, json};
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE};
use tokio::net::UdpSocket;

use super::Program;
use super::setting::{Look, Setting, hold};

/// How long an answer is waited for.
const WITHIN: Duration = Duration::from_secs(3);
/// Longest answer over UDP that is read.
const ANSWER_BYTES_MAX: usize = 4_096;

/// A name server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameServerSettings {
    /// What stands before commands: `unbound-control`, with its options.
    pub program: Program,
    /// Where names lead that are blocked.
    pub sinkhole: IpAddr,
    /// Where it answers: it is asked for the name after each change. None: nobody looks from outside.
    pub answers_at: Option<SocketAddr>,
}

/// The actions of a name server.
pub fn name_server_actions(settings: NameServerSettings, actions: &mut Actions) {
    let server = Arc::new(settings);
    hold(HoldName { server: Arc::clone(&server), spec: &SINKHOLE, zone: "redirect" }, actions);
    hold(HoldName { server, spec: &REFUSE_NAME, zone: "always_nxdomain" }, actions);
}

const SINKHOLE: ActionSpec = ActionSpec {
    id: "dns.sinkhole",
    title: "Let a name and all below it lead to the sinkhole",
    kind: ActionKind::Contain,
    needs: &["domain"],
    d3fend: "D3-DNSDL",
    react: &["RA3103", "RA3104"],
    blast: Blast::Service,
    rights: "unbound-control",
};
const REFUSE_NAME: ActionSpec = ActionSpec {
    id: "dns.refuse_name",
    title: "Say that a name and all below it do not exist",
    kind: ActionKind::Contain,
    needs: &["domain"],
    d3fend: "D3-DNSDL",
    react: &["RA3103", "RA3104"],
    blast: Blast::Service,
    rights: "unbound-control",
};

struct HoldName {
    server: Arc<NameServerSettings>,
    spec: &'static ActionSpec,
    zone: &'static str,
}

impl HoldName {
    fn data(&self, domain: &str) -> Vec<String> {
        let kind = if self.server.sinkhole.is_ipv4() { "A" } else { "AAAA" };
        match self.zone {
            "redirect" => vec![format!("{domain}. 60 IN {kind} {}", self.server.sinkhole)],
            _ => Vec::new(),
        }
    }
}

impl Setting for HoldName {
    fn spec(&self) -> &ActionSpec {
        self.spec
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let (domain, program) = (domain(with)?, &self.server.program);
        let zones = program.must(&["list_local_zones"], None).await?;
        let of_name = |line: &str| {
            let (name, kind) = line.split_once(char::is_whitespace)?;
            (name.trim_end_matches('.').eq_ignore_ascii_case(&domain)).then(|| kind.trim().to_owned())
        };
        let zone = zones.lines().find_map(of_name);
        if let Some(other) = zone.as_deref().filter(|zone| !matches!(*zone, "redirect" | "always_nxdomain")) {
            return Err(ActionError::Unfit(format!("the name server has a zone {domain} of its own ({other})")));
        }
        let all = program.must(&["list_local_data"], None).await?;
        let of_name = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let is_its = words.first().is_some_and(|name| name.trim_end_matches('.').eq_ignore_ascii_case(&domain));
            is_its.then(|| words.join(" "))
        };
        let data: Vec<String> = all.lines().filter_map(of_name).collect();
        Ok(json!({ "zone": zone, "data": data }))
    }

    fn wanted(&self, with: &With, _: &Value) -> Value {
        json!({ "zone": self.zone, "data": self.data(&domain(with).unwrap_or_default()) })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let (domain, program) = (domain(with)?, &self.server.program);
        match to["zone"].as_str() {
            None => {
                program.must(&["local_data_remove", &domain], None).await?;
                program.must(&["local_zone_remove", &domain], None).await?;
            }
            Some(zone) => {
                program.must(&["local_zone", &domain, zone], None).await?;
                program.must(&["local_data_remove", &domain], None).await?;
            }
        }
        for line in to["data"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let words: Vec<&str> = ["local_data"].into_iter().chain(line.split_whitespace()).collect();
            program.must(&words, None).await?;
        }
        Ok(())
    }

    async fn look(&self, with: &With, expected: &Value) -> Result<Look, ActionError> {
        let Some(at) = self.server.answers_at else { return Ok(Look::None) };
        let answer = ask(at, &domain(with)?, self.server.sinkhole.is_ipv6()).await?;
        let sunk = answer.addresses == [self.server.sinkhole];
        let fits = match expected["zone"].as_str() {
            Some("redirect") => sunk,
            Some(_) => answer.exists == Some(false),
            None => !sunk,
        };
        let seen = match (answer.exists, answer.addresses.first()) {
            (_, Some(address)) => format!("it answers {address}"),
            (Some(false), _) => "it says that the name does not exist".to_owned(),
            _ => "it has no answer".to_owned(),
        };
        Ok(if fits { Look::Fits(seen) } else { Look::Contradicts(seen) })
    }
}

/// A name of at least two labels, in ASCII and lower case.
pub(super) fn domain(with: &With) -> Result<String, ActionError> {
    let text = parameter(with, "domain")?;
    let name = text.trim().trim_end_matches('.').to_lowercase();
    let is_label = |label: &str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        !label.is_empty() && label.len() <= 63 && label.bytes().all(allowed) && !label.starts_with('-')
    };
    let is_name = name.len() <= 253 && name.contains('.') && name.split('.').all(is_label);
    let is_address = name.parse::<IpAddr>().is_ok();
    match is_name && !is_address {
        true => Ok(name),
        false => Err(ActionError::Unfit(format!("{text:?} is no name with at least two parts, in ASCII"))),
    }
}

struct Answered {
    /// None: neither yes nor no.
    exists: Option<bool>,
    addresses: Vec<IpAddr>,
}

async fn ask(at: SocketAddr, domain: &str, is_v6: bool) -> Result<Answered, ActionError> {
    let unavailable = |error: String| ActionError::Unavailable(format!("the name server at {at}: {error}"));
    let name = Name::new(domain).map_err(|error| ActionError::Unfit(error.to_string()))?;
    let kind = if is_v6 { TYPE::AAAA } else { TYPE::A };
    let mut query = Packet::new_query(1);
    query.set_flags(PacketFlag::RECURSION_DESIRED);
    query.questions.push(Question::new(name, QTYPE::TYPE(kind), QCLASS::CLASS(CLASS::IN), false));
    let bytes = query.build_bytes_vec().map_err(|error| unavailable(error.to_string()))?;
    let here = if at.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let exchange = async {
        let socket = UdpSocket::bind(here).await?;
        socket.connect(at).await?;
        socket.send(&bytes).await?;
        let mut answer = vec![0; ANSWER_BYTES_MAX];
        let length = socket.recv(&mut answer).await?;
        answer.truncate(length);
        Ok::<_, std::io::Error>(answer)
    };
    let answer = tokio::time::timeout(WITHIN, exchange).await.map_err(|_| unavailable("no answer".to_owned()))?;
    let answer = answer.map_err(|error| unavailable(error.to_string()))?;
    let packet = Packet::parse(&answer).map_err(|error| unavailable(error.to_string()))?;
    let address = |rdata: &RData<'_>| match rdata {
        RData::A(a) => Some(IpAddr::from(a.address.to_be_bytes())),
        RData::AAAA(a) => Some(IpAddr::from(a.address.to_be_bytes())),
        _ => None,
    };
    let exists = match packet.rcode() {
        RCODE::NoError => Some(true),
        RCODE::NameError => Some(false),
        _ => None,
    };
    Ok(Answered { exists, addresses: packet.answers.iter().filter_map(|record| address(&record.rdata)).collect() })
}
