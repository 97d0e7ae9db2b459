//! What every handler has at hand.

use std::ops::Deref;
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use quell_engine::Knowledge;
use quell_model::action::Actions;
use quell_model::handbook::Handbook;
use quell_model::hex;
use quell_model::ports::{Clock, EventLake, Notifier, Random, Uploads, Vault};
use quell_model::process::Guide;
use quell_store::Store;
use tokio::sync::{Semaphore, watch};

use crate::Settings;
use crate::access::Desk;
use crate::hub::Hub;
use crate::intake::Queue;
use crate::pads::Pads;
use crate::pipeline::Gauges;
use crate::presence::Presence;
use crate::response::Catalogue;
use crate::streams::Streams;

/// The server's parts, shared.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) lake: Arc<dyn EventLake>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) access: Desk,
    pub(crate) intake: Arc<Queue>,
    pub(crate) uploads: Arc<dyn Uploads>,
    pub(crate) vault: Arc<dyn Vault>,
    /// Held while bytes become evidence or are removed, so that none are removed that somebody is just sealing.
    pub(crate) vault_order: tokio::sync::Mutex<()>,
    pub(crate) notifier: Arc<dyn Notifier>,
    /// Room for rules that people try: they are compiled, and slow.
    pub(crate) trials: Arc<Semaphore>,
    /// Room for deliveries that are being read.
    pub(crate) bodies: Arc<Semaphore>,
    pub(crate) hub: Hub,
    pub(crate) streams: Streams,
    pub(crate) presence: Presence,
    pub(crate) pads: Pads,
    pub(crate) knowledge: Arc<Knowledge>,
    pub(crate) handbook: Arc<Handbook>,
    pub(crate) guide: Arc<Guide>,
    /// What can be done outside of Quell.
    pub(crate) actions: Actions,
    pub(crate) playbooks: Catalogue,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) metrics: metrics_exporter_prometheus::PrometheusHandle,
    pub(crate) settings: Settings,
    /// Becomes true when the server stops.
    pub(crate) stop: watch::Receiver<bool>,
}

impl App {
    pub(crate) fn new(inner: Inner) -> App {
        App(Arc::new(inner))
    }

    /// `N` random bytes, in hex.
    pub(crate) fn hex<const N: usize>(&self) -> String {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        hex::encode(&bytes)
    }

    /// Origins from which a browser may act with its session: the public one, or else the host it asked for.
    pub(crate) fn origins(&self, headers: &HeaderMap) -> Vec<String> {
        if let Some(origin) = &self.settings.public_origin {
            return vec![origin.trim_end_matches('/').to_owned()];
        }
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        vec![format!("http://{host}"), format!("https://{host}")]
    }
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
