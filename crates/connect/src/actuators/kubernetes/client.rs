//! Calls of the API, and what they have in common: names in paths, versions that are named, what is made anew.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quell_model::action::{ActionError, With, parameter};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::ClusterSettings;
use crate::actuators::http::bounded;

/// Seconds that what is deleted has to end.
const GRACE_SECONDS: u64 = 30;
/// Between two looks at something that takes a while.
pub(super) const EVERY: Duration = Duration::from_millis(500);

/// A cluster, as a client sees it.
pub(super) struct Cluster {
    settings: ClusterSettings,
    http: reqwest::Client,
}

impl Cluster {
    pub(super) fn new(settings: ClusterSettings, http: reqwest::Client) -> Cluster {
        Cluster { settings, http }
    }

    /// Something of the cluster; none if it is not there.
    pub(super) async fn find(&self, path: &str) -> Result<Option<Value>, ActionError> {
        match self.call(Method::GET, path, None).await? {
            (404, _) => Ok(None),
            (200, found) => Ok(Some(found)),
            (status, answer) => Err(refused(status, &answer)),
        }
    }

    /// Something of the cluster that has to be there.
    pub(super) async fn get(&self, path: &str) -> Result<Value, ActionError> {
        self.find(path).await?.ok_or_else(|| ActionError::ByHand(format!("the cluster has no {path}")))
    }

    pub(super) async fn create(&self, path: &str, what: Value) -> Result<(), ActionError> {
        match self.call(Method::POST, path, Some(what)).await? {
            // Somebody made it: it is read again after each change.
            (200..300 | 409, _) => Ok(()),
            (status, answer) => Err(refused(status, &answer)),
        }
    }

    /// Whether something could be made anew if it were deleted: tried under another name, and nothing is kept.
    pub(super) async fn could_create(&self, path: &str, what: &Value) -> Result<(), ActionError> {
        let mut other = what.clone();
        other["metadata"]["name"] = json!("quell-could-be-made-anew");
        match self.call(Method::POST, &format!("{path}?dryRun=All"), Some(other)).await? {
            (200..300 | 409, _) => Ok(()),
            (status, answer) => {
                let why = refused(status, &answer);
                Err(ActionError::ByHand(format!("Quell could not make it anew, so it is not deleted: {why}")))
            }
        }
    }

    /// A merge patch (RFC 7386), if it is still the version that was read.
    pub(super) async fn patch(&self, path: &str, was: &Value, mut change: Value) -> Result<(), ActionError> {
        change["metadata"]["resourceVersion"] = was["metadata"]["resourceVersion"].clone();
        match self.call(Method::PATCH, path, Some(change)).await? {
            (200..300, _) => Ok(()),
            (409, _) => Err(ActionError::Unavailable("somebody else changed it at the same moment".to_owned())),
            (status, answer) => Err(refused(status, &answer)),
        }
    }

    /// Deletes it, if it is still the one that was read.
    pub(super) async fn delete(&self, path: &str, uid: &Value) -> Result<(), ActionError> {
        // How long a pod may take to end is not the intruder's to say.
        let options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": { "uid": uid },
            "gracePeriodSeconds": GRACE_SECONDS,
        });
        match self.call(Method::DELETE, path, Some(options)).await? {
            (200..300 | 404, _) => Ok(()),
            (409, _) => Err(ActionError::Drifted("another one has its name now".to_owned())),
            (status, answer) => Err(refused(status, &answer)),
        }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<(u16, Value), ActionError> {
        let url = format!("{}/{path}", self.settings.url.trim_end_matches('/'));
        let mut request = self.http.request(method.clone(), url).header("accept", "application/json");
        if let Some(token) = &self.settings.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            let media = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
            request = request.header("content-type", media).body(body.to_string());
        }
        let unavailable = |why: String| ActionError::Unavailable(format!("the cluster: {why}"));
        let answer = request.send().await.map_err(|error| unavailable(error.to_string()))?;
        let status = answer.status();
        let text = bounded(answer).await.map_err(unavailable)?;
        if status.is_server_error() || status == 429 {
            return Err(unavailable(status.to_string()));
        }
        Ok((status.as_u16(), serde_json::from_str(&text).unwrap_or_default()))
    }
}

fn refused(status: u16, answer: &Value) -> ActionError {
    ActionError::Refused(format!("{status} {}", answer["message"].as_str().unwrap_or_default()))
}

/// A path with names out of parameters. Names are those of DNS (RFC 1123); those of bindings may hold a colon.
pub(super) fn path(with: &With, form: &[&str]) -> Result<String, ActionError> {
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.');
    let part = |part: &&str| match part.strip_prefix(':') {
        None => Ok((*part).to_owned()),
        Some(name) => {
            let text = parameter(with, name)?.trim();
            let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:".contains(&b);
            let is_name = text.len() <= 253
                && text.bytes().all(is_plain)
                && text.starts_with(|first: char| first.is_ascii_alphanumeric())
                && (name == "binding" || !text.contains(':'))
                && !text.contains("..");
            match is_name {
                true => Ok(utf8_percent_encode(text, ENCODED).to_string()),
                false => Err(ActionError::Unfit(format!("{text:?} is no name of a {name}"))),
            }
        }
    };
    Ok(form.iter().map(part).collect::<Result<Vec<_>, _>>()?.join("/"))
}

/// Where a pod is.
pub(super) fn pod_path(with: &With) -> Result<String, ActionError> {
    path(with, &["api/v1/namespaces", ":namespace", "pods", ":pod"])
}

/// What is needed to make something anew: its name, what people wrote on it, and these members.
pub(super) fn manifest(found: &Value, members: &[&str]) -> Value {
    let mut all = Map::new();
    for name in ["apiVersion", "kind"].iter().chain(members) {
        if let Some(member) = found.get(*name) {
            all.insert((*name).to_owned(), member.clone());
        }
    }
    let kept = ["name", "namespace", "labels", "annotations"];
    let metadata = kept.iter().filter_map(|name| Some(((*name).to_owned(), found["metadata"].get(*name)?.clone())));
    all.insert("metadata".to_owned(), Value::Object(metadata.collect()));
    Value::Object(all)
}
