//! What a proxy no longer lets through: lists of HAProxy, changed while it runs.
//!
//! The proxy has rules that deny what is on a list; Quell puts things on the list and takes them off. Commands go to its runtime
//! interface one to a line, so what would begin another command is refused. What is set so is gone when HAProxy starts anew.

use std::net::IpAddr;
use std::sync::Arc;

use quell_model::action::{ActionError, ActionKind, ActionSpec, Actions, Blast, With, parameter};
use serde_json::{Value, json};

use super::Program;
use super::setting::{Look, Setting, hold};

/// A proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxySettings {
    /// What carries standard input to the runtime interface and back: `socat - UNIX-CONNECT:/run/haproxy/admin.sock`.
    pub program: Program,
    /// List of addresses that are denied. Without a list there is no action for it.
    pub sources: Option<String>,
    /// List of paths on our own sites that are denied.
    pub paths: Option<String>,
    /// List of whole URLs that are denied, ours and others'.
    pub urls: Option<String>,
    /// List of texts that no body may hold.
    pub contents: Option<String>,
    /// Where the proxy answers for our own sites, such as `http://192.0.2.10`: a path is asked for after each change.
    pub answers_at: Option<String>,
}

/// The actions of a proxy.
pub fn proxy_actions(settings: ProxySettings, http: reqwest::Client, actions: &mut Actions) {
    let lists = [
        (settings.sources.clone(), &DENY_SOURCE),
        (settings.paths.clone(), &DENY_PATH),
        (settings.urls.clone(), &DENY_URL),
        (settings.contents.clone(), &DENY_CONTENT),
    ];
    let proxy = Arc::new(settings);
    for (list, spec) in lists {
        if let Some(list) = list {
            hold(Listed { proxy: Arc::clone(&proxy), http: http.clone(), list, spec }, actions);
        }
    }
}

const RIGHTS: &str = "the runtime interface of HAProxy at level admin";
const DENY_SOURCE: ActionSpec = ActionSpec {
    id: "web.deny_source",
    title: "Deny an address at the proxy",
    kind: ActionKind::Contain,
    needs: &["address"],
    d3fend: "D3-ITF",
    react: &[],
    blast: Blast::Service,
    rights: RIGHTS,
};
const DENY_PATH: ActionSpec = ActionSpec {
    id: "web.deny_path",
    title: "Deny a path of our own sites at the proxy",
    kind: ActionKind::Contain,
    needs: &["path"],
    d3fend: "D3-ITF",
    react: &["RA3106"],
    blast: Blast::Service,
    rights: RIGHTS,
};
const DENY_URL: ActionSpec = ActionSpec {
    id: "web.deny_url",
    title: "Deny a URL at the proxy",
    kind: ActionKind::Contain,
    needs: &["url"],
    d3fend: "D3-OTF",
    react: &["RA3105", "RA3106"],
    blast: Blast::Service,
    rights: RIGHTS,
};
const DENY_CONTENT: ActionSpec = ActionSpec {
    id: "web.deny_content",
    title: "Deny bodies that hold a text at the proxy",
    kind: ActionKind::Contain,
    needs: &["content"],
    d3fend: "D3-OTF",
    react: &["RA3111"],
    blast: Blast::Network,
    rights: RIGHTS,
};

struct Listed {
    proxy: Arc<ProxySettings>,
    http: reqwest::Client,
    list: String,
    spec: &'static ActionSpec,
}

impl Listed {
    /// What is listed, as it stands in the list.
    fn value(&self, with: &With) -> Result<String, ActionError> {
        let text = parameter(with, self.spec.needs[0])?;
        let unfit = |what: &str| Err(ActionError::Unfit(format!("{text:?} is no {what}")));
        // The interface reads a line, splits it at spaces and ends commands at semicolons.
        let is_plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b';' | b'\\' | b'"' | b'\'' | b'#' | b'`');
        let is_word = text.len() <= 2_000 && text.bytes().all(is_plain);
        match self.spec.needs[0] {
            "address" => match text.trim().parse::<IpAddr>() {
                Ok(address) => Ok(address.to_string()),
                Err(_) => unfit("address"),
            },
            "path" if is_word && text.starts_with('/') && text.len() > 1 => Ok(text.to_owned()),
            "path" => unfit("path of printable ASCII, other than /; write other bytes as %2e"),
            "url" if is_word && (text.starts_with("http://") || text.starts_with("https://")) => Ok(text.to_owned()),
            "url" => unfit("URL of printable ASCII; write other bytes as %2e"),
            _ if text.len() >= 4 && text.bytes().all(|b| is_plain(b) || b == b' ') => Ok(text.to_owned()),
            _ => unfit("text of at least four printable characters"),
        }
    }

    async fn command(&self, command: &str) -> Result<String, ActionError> {
        self.proxy.program.must(&[], Some(&format!("{command}\n"))).await
    }
}

impl Setting for Listed {
    fn spec(&self) -> &ActionSpec {
        self.spec
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let value = self.value(with)?;
        let shown = self.command(&format!("show acl {}", self.list)).await?;
        if shown.starts_with("Unknown") || shown.contains("ot found") {
            return Err(ActionError::Refused(format!("{}: {shown}", self.list)));
        }
        let listed = shown.lines().filter_map(|line| line.split_once(' ')).any(|(_, its)| its == value);
        Ok(json!({ "denied": listed }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "denied": true })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        if self.read(with).await? == *to {
            return Ok(());
        }
        let (verb, value) = (if to["denied"] == true { "add" } else { "del" }, self.value(with)?.replace(' ', "\\ "));
        match self.command(&format!("{verb} acl {} {value}", self.list)).await?.as_str() {
            "" => Ok(()),
            refused => Err(ActionError::Refused(refused.to_owned())),
        }
    }

    async fn look(&self, with: &With, expected: &Value) -> Result<Look, ActionError> {
        let (Some(at), "path") = (&self.proxy.answers_at, self.spec.needs[0]) else { return Ok(Look::None) };
        let url = format!("{}{}", at.trim_end_matches('/'), self.value(with)?);
        let unavailable = |error: reqwest::Error| ActionError::Unavailable(error.to_string());
        let status = self.http.get(url).send().await.map_err(unavailable)?.status();
        let (is_denied, seen) = (status == 403, format!("the path answers {}", status.as_u16()));
        // A path can answer 403 for reasons of its own: only that it is let through though denied speaks against it.
        let speaks_against = expected["denied"] == true && !is_denied;
        Ok(if speaks_against { Look::Contradicts(seen) } else { Look::Fits(seen) })
    }
}
