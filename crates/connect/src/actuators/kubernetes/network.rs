//! Pods that are cut off: by policies of the network, and from their services.

use std::sync::Arc;

use quell_model::action::{ActionError, ActionKind, ActionSpec, Blast, With, parameter};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::client::{Cluster, path, pod_path};
use crate::actuators::setting::Setting;

const POLICIES: &str = "apis/networking.k8s.io/v1/namespaces";
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

pub(super) struct DenyNetwork(pub(super) Arc<Cluster>);

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

    async fn check(&self, with: &With) -> Result<String, ActionError> {
        let pod = self.0.get(&pod_path(with)?).await?;
        if pod["spec"]["hostNetwork"] == true {
            return Err(ActionError::ByHand("the pod uses the network of its node: no policy holds it".to_owned()));
        }
        only_ours(&self.0, with, Some(&labels(&pod))).await?;
        Ok("no other policy lets its traffic through".to_owned())
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let (folder, policy) = Self::policy(with)?;
        // A pod that ended leaves its policy behind, which is still to be taken away.
        let pod = self.0.find(&pod_path(with)?).await?.unwrap_or_default();
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
        if let Some(pod) = self.0.find(&at).await?.filter(|pod| pod["metadata"]["labels"][ISOLATED] != to["label"]) {
            self.0.patch(&at, &pod, json!({ "metadata": { "labels": { ISOLATED: to["label"] } } })).await?;
        }
        match to["denied"] == true {
            true => Ok(()),
            false => put_policy(&self.0, &folder, &policy, false).await,
        }
    }
}

pub(super) struct SetPodAside(pub(super) Arc<Cluster>);

impl Setting for SetPodAside {
    fn spec(&self) -> &ActionSpec {
        &SET_POD_ASIDE
    }

    async fn check(&self, with: &With) -> Result<String, ActionError> {
        let labels = labels(&self.0.get(&pod_path(with)?).await?);
        // Without its labels, policies that held it by them would hold it no more.
        match labels.contains_key(ISOLATED) {
            true => Ok("it is cut off the network".to_owned()),
            false => Err(ActionError::ByHand("the pod is not cut off: k8s.deny_network comes first".to_owned())),
        }
    }

    /// Its labels, but for the one that cuts it off: that comes and goes by itself.
    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let mut labels = labels(&self.0.get(&pod_path(with)?).await?);
        labels.remove(ISOLATED);
        Ok(json!({ "labels": labels }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "labels": { ASIDE: "yes" } })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let at = pod_path(with)?;
        let pod = self.0.get(&at).await?;
        let (now, mut to) = (labels(&pod), to["labels"].as_object().cloned().unwrap_or_default());
        to.extend(now.get(ISOLATED).map(|mark| (ISOLATED.to_owned(), mark.clone())));
        match now == to {
            true => Ok(()),
            false => self.0.patch(&at, &pod, relabelled(&now, &to)).await,
        }
    }
}

pub(super) struct DenyNamespace(pub(super) Arc<Cluster>);

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

    async fn check(&self, with: &With) -> Result<String, ActionError> {
        self.0.get(&path(with, &["api/v1/namespaces", ":namespace"])?).await?;
        only_ours(&self.0, with, None).await?;
        Ok("no other policy lets traffic through".to_owned())
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

/// Whether a selector may select a pod. Expressions are taken to.
fn may_select(selector: &Value, labels: &Map<String, Value>) -> bool {
    let wanted = selector["matchLabels"].as_object();
    wanted.into_iter().flatten().all(|(name, value)| labels.get(name) == Some(value))
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

/// Fails if another policy of a namespace lets something through of what is to be cut off: policies add up.
async fn only_ours(cluster: &Cluster, with: &With, labels: Option<&Map<String, Value>>) -> Result<(), ActionError> {
    let all = cluster.get(&path(with, &[POLICIES, ":namespace", "networkpolicies"])?).await?;
    let lets_through = |policy: &&Value| {
        let rules =
            ["ingress", "egress"].iter().any(|way| policy["spec"][way].as_array().is_some_and(|it| !it.is_empty()));
        rules && labels.is_none_or(|labels| may_select(&policy["spec"]["podSelector"], labels))
    };
    let found = all["items"].as_array().into_iter().flatten().find(lets_through);
    match found.and_then(|policy| policy["metadata"]["name"].as_str()) {
        None => Ok(()),
        Some(name) => Err(ActionError::ByHand(format!(
            "the policy {name} would still let traffic through: policies add up. Narrow it, or use another way"
        ))),
    }
}
