//! A Kubernetes cluster, by its API: networks of pods, nodes, workloads, bindings and service accounts.
//!
//! What is read from the API is what the cluster was told. Whether a network policy is carried out is the network's to do, and is
//! not looked at. Changes name the version that they were decided on: who was faster wins, and it is tried again.

mod access;
mod client;
mod network;
mod workload;

use std::sync::Arc;

use quell_model::action::Actions;

use self::client::Cluster;
use super::setting::hold;

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
    let cluster = Arc::new(Cluster::new(settings, http));
    hold(network::DenyNetwork(Arc::clone(&cluster)), actions);
    hold(network::SetPodAside(Arc::clone(&cluster)), actions);
    hold(network::DenyNamespace(Arc::clone(&cluster)), actions);
    hold(workload::CordonNode(Arc::clone(&cluster)), actions);
    hold(workload::ScaleToZero(Arc::clone(&cluster)), actions);
    hold(access::DeleteBinding(Arc::clone(&cluster)), actions);
    actions.plain(Arc::new(access::RevokeTokens(Arc::clone(&cluster))));
    actions.plain(Arc::new(workload::DeletePod(cluster)));
}
