//! Where pods run, and how many of them.

use std::sync::Arc;

use quell_model::action::{Acted, ActionError, ActionKind, ActionSpec, Blast, Plain, With};
use serde_json::{Value, json};

use super::client::{Cluster, EVERY, path, pod_path};
use crate::actuators::setting::Setting;

/// Looks until a pod is gone: a little longer than it may take.
const GONE_LOOKS_MAX: u32 = 90;

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

pub(super) struct CordonNode(pub(super) Arc<Cluster>);

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

pub(super) struct ScaleToZero(pub(super) Arc<Cluster>);

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

pub(super) struct DeletePod(pub(super) Arc<Cluster>);

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
            // A pod that is ending runs until it is no longer shown.
            let is_there = found.is_some_and(|pod| pod["metadata"]["uid"] == uid);
            Ok((!is_there).then(|| json!({ "deleted": uid })))
        })
    }

    fn act(&self, with: &With, captured: &Value) -> Acted<'_, Value> {
        let (with, captured) = (with.clone(), captured.clone());
        Box::pin(async move {
            self.0.delete(&pod_path(&with)?, &captured["uid"]).await?;
            for _ in 0..GONE_LOOKS_MAX {
                if let Some(done) = self.is_done(&with, &captured).await? {
                    return Ok(done);
                }
                tokio::time::sleep(EVERY).await;
            }
            Err(ActionError::Refused("the pod is ending, and still there: does its node answer?".to_owned()))
        })
    }
}
