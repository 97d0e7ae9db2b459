//! A Kubernetes cluster, by its API: networks of pods, nodes, workloads, bindings and service accounts.
//!
//! What is read from the API is what the cluster was told. Whether a network policy is carried out is the network's to do, and is
//! not looked at. Changes name the version that they were decided on: who was faster wins, and it is tried again.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quell_model::action::{Acted, ActionError, ActionKind, ActionSpec, Actions, Blast, Plain, With, parameter};
use reqwest::Method;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::http::bounded;
use super::setting::{Setting, hold};

/// A cluster.
#[derive(Clone)]
pub struct ClusterSettings {
    /// Where its API is: `https://k8s.example:6443`.
    pub url: String,
    /// A bearer token of a service account for Quell.
    pub token: Option<String>,
}

impl std::fmt::Debug for ClusterSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClusterSettings").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The actions of a cluster. The client has to trust its certificate.
pub fn cluster_actions(settings: ClusterSettings, http: reqwest::Client, actions: &mut Actions) {
    let cluster = Arc::new(Cluster { settings, http });
    hold(DenyNetwork(Arc::clone(&cluster)), actions);
    hold(SetPodAside(Arc::clone(&cluster)), actions);
    hold(DenyNamespace(Arc::clone(&cluster)), actions);
    hold(CordonNode(Arc::clone(&cluster)), actions);
    hold(ScaleToZero(Arc::clone(&cluster)), actions);
    hold(DeleteBinding(Arc::clone(&cluster)), actions);
    actions.plain(Arc::new(RevokeTokens(Arc::clone(&cluster))));
    actions.plain(Arc::new(DeletePod(cluster)));
}

const POLICIES: &str = "apis/networking.k8s.io/v1/namespaces";
const RBAC: &str = "apis/rbac.authorization.k8s.io/v1";
/// Label of a pod that a policy of Quell's holds.
const ISOLATED: &str = "quell.isolated";
/// Label of a pod that was taken from its owner.
const ASIDE: &str = "quell.aside";

const DENY_NETWORK: ActionSpec = ActionSpec {
    id: "k8s.deny_network",
    title: "Cut a pod off the network by a policy of its own",
    kind: ActionKind::Contain,
    needs: &["namespace", "pod"],
    d3fend: "D3-NI",
    react: &[],
    blast: Blast::Host,
    rights: "get and patch pods; get, create and delete networkpolicies",
};
const SET_POD_ASIDE: ActionSpec = ActionSpec {
    id: "k8s.set_pod_aside",
    title: "Take a pod from its service and its workload, and keep it as it runs",
    kind: ActionKind::Contain,
    needs: &["namespace", "pod"],
    d3fend: "D3-NI",
    react: &[],
    blast: Blast::Host,
    rights: "get and patch pods",
};
const DENY_NAMESPACE: ActionSpec = ActionSpec {
    id: "k8s.deny_namespace",
    title: "Cut all pods of a namespace off the network",
    kind: ActionKind::Contain,
    needs: &["namespace"],
    d3fend: "D3-NI",
    react: &[],
    blast: Blast::Network,
    rights: "get, create and delete networkpolicies",
};
const CORDON_NODE: ActionSpec = ActionSpec {
    id: "k8s.cordon_node",
    title: "Put no new pods on a node",
    kind: ActionKind::Contain,
    needs: &["node"],
    d3fend: "D3-NI",
    react: &[],
    blast: Blast::Item,
    rights: "get and patch nodes",
};
const SCALE_TO_ZERO: ActionSpec = ActionSpec {
    id: "k8s.scale_to_zero",
    title: "Stop all pods of a deployment",
    kind: ActionKind::Contain,
    needs: &["namespace", "deployment"],
    d3fend: "D3-PT",
    react: &[],
    blast: Blast::Service,
    rights: "get and patch deployments/scale",
};
const DELETE_BINDING: ActionSpec = ActionSpec {
    id: "k8s.delete_binding",
    title: "Take a binding of a role away; `namespace` is left out for one of the cluster",
    kind: ActionKind::Contain,
    needs: &["binding"],
    d3fend: "D3-AL",
    react: &[],
    blast: Blast::Account,
    rights: "get, create and delete rolebindings and clusterrolebindings, and all rights that the role has",
};
const REVOKE_TOKENS: ActionSpec = ActionSpec {
    id: "k8s.revoke_tokens",
    title: "Make all tokens of a service account invalid: it is made anew under its name",
    kind: ActionKind::Eradicate,
    needs: &["namespace", "account"],
    d3fend: "D3-CR",
    react: &[],
    blast: Blast::Account,
    rights: "get, create and delete serviceaccounts",
};
const DELETE_POD: ActionSpec = ActionSpec {
    id: "k8s.delete_pod",
    title: "Delete a pod",
    kind: ActionKind::Eradicate,
    needs: &["namespace", "pod"],
    d3fend: "D3-PT",
    react: &[],
    blast: Blast::Host,
    rights: "get and delete pods",
};

struct Cluster {
    settings: ClusterSettings,
    http: reqwest::Client,
}

impl Cluster {
    /// Something of the cluster; none if it is not there.
    async fn find(&self, path: &str) -> Result<Option<Value>, ActionError> {
        match self.call(Method::GET, path, None).await? {
            (404, _) => Ok(None),
            (200, found) => Ok(Some(found)),
            (status, answer) => Err(refused(status, &answer)),
        }
    }

    /// Something of the cluster that has to be there.
    async fn get(&self, path: &str) -> Result<Value, ActionError> {
        self.find(path).await?.ok_or_else(|| ActionError::Absent(format!("the cluster has no {path}")))
    }

    async fn create(&self, path: &str, what: Value) -> Result<(), ActionError> {
        match self.call(Method::POST, path, Some(what)).await? {
            // Somebody made it: it is read again after each change.
            (200..300 | 409, _) => Ok(()),
            (status, answer) => Err(refused(status, &answer)),
        }
    }

    /// A merge patch (RFC 7386), if it is still the version that was read.
    async fn patch(&self, path: &str, was: &Value, mut change: Value) -> Result<(), ActionError> {
        change["metadata"]["resourceVersion"] = was["metadata"]["resourceVersion"].clone();
        match self.call(Method::PATCH, path, Some(change)).await? {
            (200..300, _) => Ok(()),
            (409, _) => Err(ActionError::Unavailable("somebody else changed it at the same moment".to_owned())),
            (status, answer) => Err(refused(status, &answer)),
        }
    }

    /// Deletes it, if it is still the one that was read.
    async fn delete(&self, path: &str, uid: &Value) -> Result<(), ActionError> {
        let options = json!({ "apiVersion": "v1", "kind": "DeleteOptions", "preconditions": { "uid": uid } });
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
fn path(with: &With, form: &[&str]) -> Result<String, ActionError> {
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

fn pod_path(with: &With) -> Result<String, ActionError> {
    path(with, &["api/v1/namespaces", ":namespace", "pods", ":pod"])
}

/// A policy that lets nothing through.
fn policy(name: &str, selects: &Value) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": { "name": name },
        "spec": { "podSelector": selects, "policyTypes": ["Ingress", "Egress"] },
    })
}

/// Makes a policy, or takes it away.
async fn put_policy(cluster: &Cluster, folder: &str, policy: &Value, is_there: bool) -> Result<(), ActionError> {
    let one = format!("{folder}/{}", policy["metadata"]["name"].as_str().unwrap_or_default());
    match (cluster.find(&one).await?, is_there) {
        (None, true) => cluster.create(folder, policy.clone()).await,
        (Some(found), false) => cluster.delete(&one, &found["metadata"]["uid"]).await,
        _ => Ok(()),
    }
}

/// Whether a policy of that name lets nothing through of what it should hold.
fn denies(found: Option<&Value>, policy: &Value) -> bool {
    let spec = |of: &Value| {
        let allows =
            ["ingress", "egress"].iter().any(|way| of["spec"][way].as_array().is_some_and(|all| !all.is_empty()));
        (of["spec"]["podSelector"]["matchLabels"].clone(), of["spec"]["policyTypes"].clone(), allows)
    };
    found.is_some_and(|found| spec(found) == spec(policy))
}

fn labels(of: &Value) -> Map<String, Value> {
    of["metadata"]["labels"].as_object().cloned().unwrap_or_default()
}

/// A patch that leaves these labels and no others.
fn relabelled(now: &Map<String, Value>, to: &Map<String, Value>) -> Value {
    let gone = now.keys().filter(|name| !to.contains_key(*name)).map(|name| (name.clone(), Value::Null));
    let all: Map<String, Value> = gone.chain(to.clone()).collect();
    json!({ "metadata": { "labels": all } })
}

struct DenyNetwork(Arc<Cluster>);

impl DenyNetwork {
    /// What the label says: names of pods can be longer than labels.
    fn mark(with: &With) -> Result<String, ActionError> {
        let hash = Sha256::digest(parameter(with, "pod")?.trim());
        Ok(quell_model::hex::encode(&hash[..8]))
    }

    fn policy(with: &With) -> Result<(String, Value), ActionError> {
        let (folder, mark) = (path(with, &[POLICIES, ":namespace", "networkpolicies"])?, Self::mark(with)?);
        let selects = json!({ "matchLabels": { ISOLATED: mark } });
        Ok((folder, policy(&format!("quell-isolate-{mark}"), &selects)))
    }
}

impl Setting for DenyNetwork {
    fn spec(&self) -> &ActionSpec {
        &DENY_NETWORK
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let (folder, policy) = Self::policy(with)?;
        let pod = self.0.get(&pod_path(with)?).await?;
        let found =
            self.0.find(&format!("{folder}/{}", policy["metadata"]["name"].as_str().unwrap_or_default())).await?;
        Ok(json!({ "label": pod["metadata"]["labels"][ISOLATED], "denied": denies(found.as_ref(), &policy) }))
    }

    fn wanted(&self, with: &With, _: &Value) -> Value {
        json!({ "label": Self::mark(with).ok(), "denied": true })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let ((folder, policy), at) = (Self::policy(with)?, pod_path(with)?);
        if to["denied"] == true {
            put_policy(&self.0, &folder, &policy, true).await?;
        }
        let pod = self.0.get(&at).await?;
        if pod["metadata"]["labels"][ISOLATED] != to["label"] {
            self.0.patch(&at, &pod, json!({ "metadata": { "labels": { ISOLATED: to["label"] } } })).await?;
        }
        match to["denied"] == true {
            true => Ok(()),
            false => put_policy(&self.0, &folder, &policy, false).await,
        }
    }
}

struct SetPodAside(Arc<Cluster>);

impl Setting for SetPodAside {
    fn spec(&self) -> &ActionSpec {
        &SET_POD_ASIDE
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        Ok(json!({ "labels": labels(&self.0.get(&pod_path(with)?).await?) }))
    }

    fn wanted(&self, _: &With, was: &Value) -> Value {
        // A label of the isolation stays: the pod is to be kept, and kept apart.
        let kept = was["labels"].get(ISOLATED).map(|mark| (ISOLATED.to_owned(), mark.clone()));
        let labels: Map<String, Value> = kept.into_iter().chain([(ASIDE.to_owned(), json!("yes"))]).collect();
        json!({ "labels": labels })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let at = pod_path(with)?;
        let pod = self.0.get(&at).await?;
        let (now, to) = (labels(&pod), to["labels"].as_object().cloned().unwrap_or_default());
        match now == to {
            true => Ok(()),
            false => self.0.patch(&at, &pod, relabelled(&now, &to)).await,
        }
    }
}

struct DenyNamespace(Arc<Cluster>);

impl DenyNamespace {
    fn policy(with: &With) -> Result<(String, Value), ActionError> {
        let folder = path(with, &[POLICIES, ":namespace", "networkpolicies"])?;
        Ok((folder, policy("quell-deny-all", &json!({}))))
    }
}

impl Setting for DenyNamespace {
    fn spec(&self) -> &ActionSpec {
        &DENY_NAMESPACE
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        self.0.get(&path(with, &["api/v1/namespaces", ":namespace"])?).await?;
        let (folder, policy) = Self::policy(with)?;
        let found = self.0.find(&format!("{folder}/quell-deny-all")).await?;
        Ok(json!({ "denied": denies(found.as_ref(), &policy) }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "denied": true })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let (folder, policy) = Self::policy(with)?;
        put_policy(&self.0, &folder, &policy, to["denied"] == true).await
    }
}

struct CordonNode(Arc<Cluster>);

impl Setting for CordonNode {
    fn spec(&self) -> &ActionSpec {
        &CORDON_NODE
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let node = self.0.get(&path(with, &["api/v1/nodes", ":node"])?).await?;
        Ok(json!({ "unschedulable": node["spec"]["unschedulable"] == true }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "unschedulable": true })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let at = path(with, &["api/v1/nodes", ":node"])?;
        let node = self.0.get(&at).await?;
        // What is false is left out, as the API server itself does.
        let value = Some(json!(true)).filter(|_| to["unschedulable"] == true);
        self.0.patch(&at, &node, json!({ "spec": { "unschedulable": value } })).await
    }
}

struct ScaleToZero(Arc<Cluster>);

impl ScaleToZero {
    fn path(with: &With) -> Result<String, ActionError> {
        path(with, &["apis/apps/v1/namespaces", ":namespace", "deployments", ":deployment", "scale"])
    }
}

impl Setting for ScaleToZero {
    fn spec(&self) -> &ActionSpec {
        &SCALE_TO_ZERO
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let scale = self.0.get(&Self::path(with)?).await?;
        Ok(json!({ "replicas": scale["spec"]["replicas"].as_u64().unwrap_or_default() }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "replicas": 0 })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let at = Self::path(with)?;
        let scale = self.0.get(&at).await?;
        self.0.patch(&at, &scale, json!({ "spec": { "replicas": to["replicas"] } })).await
    }
}

struct DeleteBinding(Arc<Cluster>);

impl DeleteBinding {
    /// The folder of the binding, and its path.
    fn paths(with: &With) -> Result<(String, String), ActionError> {
        let folder = match with.get("namespace").filter(|namespace| !namespace.trim().is_empty()) {
            Some(_) => path(with, &[RBAC, "namespaces", ":namespace", "rolebindings"])?,
            None => path(with, &[RBAC, "clusterrolebindings"])?,
        };
        let name = path(with, &[":binding"])?;
        Ok((folder.clone(), format!("{folder}/{name}")))
    }
}

impl Setting for DeleteBinding {
    fn spec(&self) -> &ActionSpec {
        &DELETE_BINDING
    }

    async fn check(&self, with: &With) -> Result<String, ActionError> {
        let found = self.0.get(&Self::paths(with)?.1).await?;
        let count = found["subjects"].as_array().map_or(0, Vec::len);
        Ok(format!("it gives {} to {count}", found["roleRef"]["name"].as_str().unwrap_or("a role")))
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let found = self.0.find(&Self::paths(with)?.1).await?;
        Ok(json!({ "binding": found.map(|found| manifest(&found, &["roleRef", "subjects"])) }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "binding": null })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let (folder, one) = Self::paths(with)?;
        match (self.0.find(&one).await?, &to["binding"]) {
            (Some(found), Value::Null) => self.0.delete(&one, &found["metadata"]["uid"]).await,
            (None, binding) if !binding.is_null() => self.0.create(&folder, binding.clone()).await,
            _ => Ok(()),
        }
    }
}

/// What is needed to make something anew: its name, what people wrote on it, and these members.
fn manifest(found: &Value, members: &[&str]) -> Value {
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

struct RevokeTokens(Arc<Cluster>);

impl RevokeTokens {
    fn paths(with: &With) -> Result<(String, String), ActionError> {
        let folder = path(with, &["api/v1/namespaces", ":namespace", "serviceaccounts"])?;
        let name = path(with, &[":account"])?;
        Ok((folder.clone(), format!("{folder}/{name}")))
    }
}

impl Plain for RevokeTokens {
    fn spec(&self) -> &ActionSpec {
        &REVOKE_TOKENS
    }

    fn check(&self, with: &With) -> Acted<'_, String> {
        let with = with.clone();
        Box::pin(async move {
            let found = self.0.get(&Self::paths(&with)?.1).await?;
            Ok(format!("made {}", found["metadata"]["creationTimestamp"].as_str().unwrap_or("at an unknown time")))
        })
    }

    fn capture(&self, with: &With) -> Acted<'_, Value> {
        let with = with.clone();
        Box::pin(async move {
            let found = self.0.get(&Self::paths(&with)?.1).await?;
            let members = ["imagePullSecrets", "automountServiceAccountToken"];
            Ok(json!({ "uid": found["metadata"]["uid"], "account": manifest(&found, &members) }))
        })
    }

    fn is_done(&self, with: &With, captured: &Value) -> Acted<'_, Option<Value>> {
        let (with, old) = (with.clone(), captured["uid"].clone());
        Box::pin(async move {
            let found = self.0.find(&Self::paths(&with)?.1).await?;
            let uid = found.map(|found| found["metadata"]["uid"].clone());
            Ok(uid.filter(|uid| *uid != old).map(|uid| json!({ "uid": uid })))
        })
    }

    fn act(&self, with: &With, captured: &Value) -> Acted<'_, Value> {
        let (with, captured) = (with.clone(), captured.clone());
        Box::pin(async move {
            let (folder, one) = Self::paths(&with)?;
            self.0.delete(&one, &captured["uid"]).await?;
            self.0.create(&folder, captured["account"].clone()).await?;
            let done = self.is_done(&with, &captured).await?;
            done.ok_or_else(|| ActionError::Refused("the account is still the old one".to_owned()))
        })
    }
}

struct DeletePod(Arc<Cluster>);

impl Plain for DeletePod {
    fn spec(&self) -> &ActionSpec {
        &DELETE_POD
    }

    fn check(&self, with: &With) -> Acted<'_, String> {
        let with = with.clone();
        Box::pin(async move {
            let pod = self.0.get(&pod_path(&with)?).await?;
            Ok(format!("it is {}", pod["status"]["phase"].as_str().unwrap_or("in an unknown state")))
        })
    }

    fn capture(&self, with: &With) -> Acted<'_, Value> {
        let with = with.clone();
        Box::pin(async move { Ok(json!({ "uid": self.0.get(&pod_path(&with)?).await?["metadata"]["uid"] })) })
    }

    fn is_done(&self, with: &With, captured: &Value) -> Acted<'_, Option<Value>> {
        let (with, uid) = (with.clone(), captured["uid"].clone());
        Box::pin(async move {
            let found = self.0.find(&pod_path(&with)?).await?;
            // A pod that ends is still shown until its containers have ended.
            let lives = found
                .is_some_and(|pod| pod["metadata"]["uid"] == uid && pod["metadata"]["deletionTimestamp"].is_null());
            Ok((!lives).then(|| json!({ "deleted": uid })))
        })
    }

    fn act(&self, with: &With, captured: &Value) -> Acted<'_, Value> {
        let (with, captured) = (with.clone(), captured.clone());
        Box::pin(async move {
            self.0.delete(&pod_path(&with)?, &captured["uid"]).await?;
            let done = self.is_done(&with, &captured).await?;
            done.ok_or_else(|| ActionError::Refused("the pod is still there".to_owned()))
        })
    }
}
