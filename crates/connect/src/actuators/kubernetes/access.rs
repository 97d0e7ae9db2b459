//! What accounts of the cluster may do: bindings of roles, and tokens.

use std::sync::Arc;

use quell_model::action::{Acted, ActionError, ActionKind, ActionSpec, Blast, Plain, With};
use serde_json::{Value, json};

use super::client::{Cluster, EVERY, manifest, path};
use crate::actuators::setting::Setting;

const RBAC: &str = "apis/rbac.authorization.k8s.io/v1";
/// Tries to make an account that was deleted.
const CREATE_TRIES_MAX: u32 = 10;

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

pub(super) struct DeleteBinding(pub(super) Arc<Cluster>);

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
        let (folder, one) = Self::paths(with)?;
        let found = self.0.get(&one).await?;
        // Who makes a binding needs the rights that it gives, or the verb bind.
        self.0.could_create(&folder, &manifest(&found, &["roleRef", "subjects"])).await?;
        let count = found["subjects"].as_array().map_or(0, Vec::len);
        Ok(format!("it gives {} to {count}", found["roleRef"]["name"].as_str().unwrap_or("a role")))
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        // What is ending gives its rights until it has ended.
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

pub(super) struct RevokeTokens(pub(super) Arc<Cluster>);

/// What a service account has beside its name.
const KEPT: [&str; 2] = ["imagePullSecrets", "automountServiceAccountToken"];

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
            let (folder, one) = Self::paths(&with)?;
            let found = self.0.get(&one).await?;
            self.0.could_create(&folder, &manifest(&found, &KEPT)).await?;
            Ok(format!("made {}", found["metadata"]["creationTimestamp"].as_str().unwrap_or("at an unknown time")))
        })
    }

    fn capture(&self, with: &With) -> Acted<'_, Value> {
        let with = with.clone();
        Box::pin(async move {
            let found = self.0.get(&Self::paths(&with)?.1).await?;
            Ok(json!({ "uid": found["metadata"]["uid"], "account": manifest(&found, &KEPT) }))
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
            for attempt in 1.. {
                match self.0.create(&folder, captured["account"].clone()).await {
                    Ok(()) => break,
                    Err(_) if attempt < CREATE_TRIES_MAX => tokio::time::sleep(EVERY).await,
                    Err(error) => {
                        let why =
                            format!("the account is deleted, and cannot be made anew: {error}. Make it by hand, now");
                        return Err(ActionError::Refused(why));
                    }
                }
            }
            // The cluster makes some accounts anew by itself: what people wrote on them is put back.
            let found = self.0.get(&one).await?;
            if manifest(&found, &KEPT) != captured["account"] {
                let mut kept = captured["account"].clone();
                kept["metadata"] = json!({
                    "labels": kept["metadata"]["labels"], "annotations": kept["metadata"]["annotations"],
                });
                self.0.patch(&one, &found, kept).await?;
            }
            let done = self.is_done(&with, &captured).await?;
            done.ok_or_else(|| ActionError::Refused("the account is still the old one".to_owned()))
        })
    }
}
