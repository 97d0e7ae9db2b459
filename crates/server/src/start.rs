//! Puts a server together and takes it down again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use quell_engine::{Answered, Knowledge};
use quell_model::action::Actions;
use quell_model::ports::{Clock, Intake, Notifier, Random, Uploads, Vault};
use quell_model::{IncidentId, SYSTEM_ACTOR, hex};
use quell_store::{Progress, Store, StoreError};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::access::{AccessParts, Desk, Keyring};
use crate::api::carry::{prepare, write};
use crate::api::opening::Opened;
use crate::http::{Doors, room_for_bodies, router, serve};
use crate::hub::Hub;
use crate::intake::{Queue, QueueParts};
use crate::pads::Pads;
use crate::pipeline::{self, Detection, Gauges, has_forgotten};
use crate::presence::Presence;
use crate::response::{Catalogue, respond};
use crate::state::{App, Inner};
use crate::streams::Streams;
use crate::{Settings, api};

/// About a tenth of a processor when others want it all.
#[cfg(target_os = "linux")]
const STORY_NICE: i32 = 10;
/// Batches of sightings that may wait for the story thread; then detection waits.
const BATCHES_WAITING: usize = 128;
/// Rules that are tried at once; the others wait.
const TRIALS_MAX: usize = 2;

/// What a server is made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// Rules and mappings.
    pub knowledge: Arc<Knowledge>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes secrets.
    pub random: Arc<dyn Random>,
    /// Keys under which secrets are sealed.
    pub keyring: Keyring,
    /// Takes uploads.
    pub uploads: Arc<dyn Uploads>,
    /// Keeps evidence.
    pub vault: Arc<dyn Vault>,
    /// Brings messages to people.
    pub notifier: Arc<dyn Notifier>,
    /// What can be done outside of Quell.
    pub actions: Actions,
    /// Playbooks of the organisation: short name and text of each, JSON or the YAML form.
    pub playbooks: Vec<(String, String)>,
    /// Where it listens.
    pub listener: TcpListener,
    /// How it speaks TLS, if it does.
    pub tls: Option<TlsAcceptor>,
    /// Renders what was measured.
    pub metrics: metrics_exporter_prometheus::PrometheusHandle,
    /// What was set.
    pub settings: Settings,
}

/// A server that runs.
pub struct Running {
    app: App,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: tokio::task::JoinHandle<()>,
    writing: tokio::task::JoinHandle<()>,
    watching: tokio::task::JoinHandle<()>,
    notifying: tokio::task::JoinHandle<()>,
    responding: tokio::task::JoinHandle<()>,
    threads: Vec<JoinHandle<()>>,
}

/// Starts a server. It answers when this returns.
///
/// # Errors
/// The listener has no address, the store cannot be read, or a thread cannot be started.
pub async fn start(parts: Parts) -> std::io::Result<Running> {
    let address = parts.listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let stored = Arc::new(Notify::new());
    let lake = parts.store.lake();
    let progress = parts.store.progress().await.map_err(std::io::Error::other)?;
    let gauges = Arc::new(Gauges::default());
    gauges.forgetful.set(progress.window > 0 || has_forgotten(&parts.store).await.map_err(std::io::Error::other)?);
    let (intake, writer) = Queue::new(QueueParts {
        lake: Arc::clone(&lake),
        clock: Arc::clone(&parts.clock),
        knowledge: Arc::clone(&parts.knowledge),
        stored: Arc::clone(&stored),
        bytes_max: parts.settings.intake_bytes_max,
        backlog_max: parts.settings.backlog_chunks_max,
        stored_last: lake.last().await.map_err(std::io::Error::other)?,
        matched_last: progress.processed,
    });
    let mut run = [0; 4];
    parts.random.fill(&mut run);
    let access = Desk::new(AccessParts {
        store: parts.store.clone(),
        clock: Arc::clone(&parts.clock),
        random: Arc::clone(&parts.random),
        settings: parts.settings.access.clone(),
        keyring: parts.keyring,
    })
    .map_err(std::io::Error::other)?;
    parts.store.free_runs().await.map_err(std::io::Error::other)?;
    let playbooks = Catalogue::with(parts.playbooks).map_err(std::io::Error::other)?;
    if let Some(policy) = parts.settings.automatic.iter().find(|policy| playbooks.get(&policy.playbook).is_none()) {
        return Err(std::io::Error::other(format!("response.automatic: there is no playbook {}", policy.playbook)));
    }
    let app = App::new(Inner {
        store: parts.store,
        lake,
        clock: parts.clock,
        random: parts.random,
        access,
        intake,
        uploads: parts.uploads,
        vault: parts.vault,
        vault_order: tokio::sync::Mutex::default(),
        notifier: parts.notifier,
        trials: Arc::new(Semaphore::new(TRIALS_MAX)),
        bodies: room_for_bodies(),
        hub: Hub::new(hex::encode(&run)),
        streams: Streams::default(),
        presence: Presence::default(),
        pads: Pads::default(),
        knowledge: parts.knowledge,
        handbook: Arc::new(quell_content::handbook::handbook().map_err(std::io::Error::other)?),
        guide: Arc::new(quell_content::process::guide().map_err(std::io::Error::other)?),
        actions: parts.actions,
        playbooks,
        gauges,
        metrics: parts.metrics,
        settings: parts.settings,
        stop: stopped.clone(),
    });
    let threads = start_pipeline(&app, progress, stored)?;
    let connections_max = app.settings.connections_max;
    let doors = Doors { listener: parts.listener, tls: parts.tls, connections_max, stop: stopped };
    let serving = tokio::spawn(serve(doors, router(&app, api::routes())));
    let writing = tokio::spawn(writer);
    let watching = tokio::spawn(pipeline::watch(app.clone()));
    let notifying = tokio::spawn(pipeline::notify(app.clone()));
    let responding = tokio::spawn(respond(app.clone()));
    Ok(Running { app, address, stop, serving, writing, watching, notifying, responding, threads })
}

/// Detection and stories, each on a thread of its own: they compute, and never hold up an answer.
fn start_pipeline(app: &App, progress: Progress, stored: Arc<Notify>) -> std::io::Result<Vec<JoinHandle<()>>> {
    let runtime = Handle::current();
    let (sighted, sightings) = std::sync::mpsc::sync_channel(BATCHES_WAITING);
    let detection = Detection { app: app.clone(), progress, stored, sighted, runtime: runtime.clone() };
    let app = app.clone();
    let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
    Ok(vec![
        named("detect").spawn(move || detection.run())?,
        named("story").spawn(move || {
            give_way();
            pipeline::story(&app, &sightings, &runtime);
        })?,
    ])
}

/// Gives this thread less of a processor that others want, too: telling takes as long as it takes, detection goes before.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, STORY_NICE) {
        tracing::debug!(%error, "stories are told with the priority of everything else");
    }
}

/// Why an incident cannot be shown.
#[derive(Debug, thiserror::Error)]
#[error("the incident could not be carried over: {0}")]
pub struct ShowError(String);

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The way in for sources that are not HTTP.
    #[must_use]
    pub fn intake(&self) -> Arc<dyn Intake> {
        Arc::clone(&self.app.intake) as Arc<dyn Intake>
    }

    /// Becomes true when the server stops.
    #[must_use]
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.app.stop.clone()
    }

    /// A link that makes the first administrator, if there is nobody yet. It works once.
    ///
    /// # Errors
    /// The store cannot be written to.
    pub async fn set_up_secret(&self) -> Result<Option<String>, StoreError> {
        match self.app.access.make_setup_link().await {
            Ok(secret) => Ok(Some(secret)),
            Err(StoreError::Taken(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether everything stored has been matched.
    #[must_use]
    pub fn caught_up(&self) -> bool {
        self.app.gauges.caught_up.get() && self.app.intake.backlog() == 0
    }

    /// Shows an incident that was worked on elsewhere, with its evidence, to everybody.
    ///
    /// # Errors
    /// It is there already, or it cannot be stored.
    pub async fn show(&self, answered: Answered) -> Result<IncidentId, ShowError> {
        let Answered { carried, story, sealed } = answered;
        let _held = self.app.vault_order.lock().await;
        let vault = Arc::clone(&self.app.vault);
        let kept = tokio::task::spawn_blocking(move || {
            sealed.iter().try_for_each(|bytes| {
                let mut sealing = vault.begin()?;
                sealing.write(bytes)?;
                sealing.finish().map(drop)
            })
        });
        let kept: std::io::Result<()> = kept.await.map_err(|error| ShowError(error.to_string()))?;
        kept.map_err(|error| ShowError(error.to_string()))?;
        let opened = Opened { carried, story: serde_json::to_vec(&story).ok(), restricted: false };
        let told = |error: crate::http::ApiError| ShowError(error.to_string());
        let prepared = prepare(&self.app, opened).await.map_err(told)?;
        write(&self.app, (SYSTEM_ACTOR, None), prepared).await.map(|written| written.id).map_err(told)
    }

    /// Begins to stop: everybody who asked [`Self::stopping`] knows it, no new connections are taken, and detection ends. What
    /// is delivered through [`Self::intake`] is stored until [`Self::stop`] ends it.
    pub fn begin_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Stops: no new connections, requests under way end, what was acknowledged is stored.
    pub async fn stop(self) {
        self.begin_stop();
        for task in [self.serving, self.watching, self.notifying, self.responding] {
            drop(task.await);
        }
        let threads = self.threads;
        drop(tokio::task::spawn_blocking(move || threads.into_iter().for_each(|thread| drop(thread.join()))).await);
        let store = self.app.store.clone();
        self.writing.abort();
        drop(self.writing.await);
        store.close().await;
    }
}
