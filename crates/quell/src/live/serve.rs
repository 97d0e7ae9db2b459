//! `quell serve`.

use std::fs;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use quell_model::Viewer;
use quell_model::ports::Clock;
use quell_server::{Parts, Running};
use quell_store::FolderVault;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::listeners::Listeners;
use super::{Claim, Keys, Secrets, SystemClock, SystemRandom, demo, parts, targets};
use crate::arguments::Serve;
use crate::config::{self, Config};
use crate::progress::complain;

/// Largest upload.
const UPLOAD_BYTES_MAX: u64 = 64 << 30;
/// Largest piece of evidence.
const EVIDENCE_BYTES_MAX: u64 = 1 << 40;
/// Listeners that are not through by then are cut off.
const LISTENERS_WITHIN: Duration = Duration::from_secs(15);
/// Files that are open beside connections: the store, followed files, uploads.
const OTHER_FILES: u64 = 512;

/// Runs until it is told to stop.
pub(crate) fn serve(arguments: &Serve) -> Result<ExitCode> {
    #[cfg(unix)]
    super::memory::keep_freed();
    let data = arguments.place.data.clone().unwrap_or_else(config::default_folder);
    let mut config = config::load(arguments.place.config.as_deref(), &data)?;
    if let Some(listen) = arguments.listen {
        config.listen = listen;
    }
    log(&config)?;
    bound_connections(&mut config);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(arguments, &config, &data))?;
    Ok(ExitCode::SUCCESS)
}

/// A connection is an open file, and the system bounds those.
fn bound_connections(config: &mut Config) {
    let Ok(files) = rlimit::increase_nofile_limit(1 << 20) else { return };
    let room = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX).max(16);
    if config.intake.connections_max > room {
        tracing::warn!(
            files,
            connections = room,
            "the limit of open files bounds the connections; raise it (ulimit -n)"
        );
        config.intake.connections_max = room;
    }
}

async fn run(arguments: &Serve, config: &Config, data: &Path) -> Result<()> {
    make_folder(data)?;
    let _claim = Claim::take(data)?;
    let keys = Keys::open_or_make(data, &SystemRandom)?;
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    let running = start(config, data, &keys, listener).await?;
    say_where(config, address, &running).await?;
    let listeners = Listeners::start(config, &running).await?;
    let replay = if arguments.demo { Some(begin_demo(config, &running).await?) } else { None };
    wait_for_stop().await;
    tracing::info!("stopping; what was acknowledged is kept");
    if let Some(replay) = replay {
        replay.abort();
    }
    // Listeners deliver what they received before the intake ends.
    running.begin_stop();
    if tokio::time::timeout(LISTENERS_WITHIN, listeners.ended()).await.is_err() {
        tracing::warn!("some listeners did not end in time; what they had not delivered is lost");
    }
    running.stop().await;
    Ok(())
}

/// Shows an incident that is finished, and begins to deliver those that are not.
async fn begin_demo(config: &Config, running: &Running) -> Result<JoinHandle<()>> {
    let knowledge = parts::knowledge(config, &[])?;
    match demo::show_finished(running, &knowledge, &SystemClock).await {
        Ok(()) => tracing::info!("the demo shows an incident that was worked on to its end"),
        // A start on the same day finds it there.
        Err(error) => tracing::info!(error = format!("{error:#}"), "no finished incident is added"),
    }
    let (intake, stop) = (running.intake(), running.stopping());
    Ok(tokio::spawn(async move {
        match demo::replay(intake, &SystemClock, stop).await {
            Ok(()) => tracing::info!("the demo is delivered"),
            Err(error) => tracing::error!(error = format!("{error:#}"), "the demo stopped"),
        }
    }))
}

async fn start(config: &Config, data: &Path, keys: &Keys, listener: TcpListener) -> Result<Running> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let port = listener.local_addr()?.port();
    let store = parts::open_store(&parts::location(config, data), &keys.signer()?, &*clock).await?;
    let tls = config.tls.as_ref().map(|tls| parts::tls(&tls.certificate, &tls.key)).transpose()?;
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?;
    let secrets = Secrets::open(data, keys.keyring()?, config.vault.clone())?;
    let notifier = parts::notifier(&config.notify, Arc::clone(&clock), &secrets)?;
    let parts = Parts {
        knowledge: parts::knowledge(config, &store.tuning(&Viewer::System, None).await?)?,
        store,
        clock: Arc::clone(&clock),
        random: Arc::new(SystemRandom),
        keyring: keys.keyring()?,
        uploads: Arc::new(quell_connect::Spool::new(&data.join("spool"), UPLOAD_BYTES_MAX)?),
        vault: Arc::new(FolderVault::open(&data.join("vault"), EVIDENCE_BYTES_MAX)?),
        notifier,
        actions: targets::actions(&config.response, &clock, &secrets)?,
        playbooks: targets::playbooks(&config.response)?,
        listener,
        tls,
        metrics,
        settings: parts::settings(config, port, &secrets)?,
    };
    Ok(quell_server::start(parts).await?)
}

/// Tells where Quell is, and how the first administrator gets in. The secret is printed once and logged nowhere.
async fn say_where(config: &Config, address: SocketAddr, running: &Running) -> Result<()> {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    // Browsers make passkeys for names only, and this name is the same place.
    let local = address.ip().is_loopback().then(|| format!("{scheme}://localhost:{}", address.port()));
    let origin = config.public_origin.clone().or(local).unwrap_or_else(|| format!("{scheme}://{address}"));
    complain(&format!("Quell listens on {origin}"));
    if let Some(secret) = running.set_up_secret().await? {
        complain(&format!("Nobody has an account yet. Make the first one within an hour:\n  {origin}/setup#{secret}"));
    }
    Ok(())
}

/// Makes a folder that only its owner may enter; it will hold keys and records.
pub(crate) fn make_folder(data: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data).with_context(|| format!("cannot create {}", data.display()))
}

/// The log, on standard error.
pub(crate) fn log(config: &Config) -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log.level).context("log.level")?;
    // A log that cannot be written, on a disk that is full, is no reason to stop: complaining about it there would panic.
    let builder = tracing_subscriber::fmt().log_internal_errors(false);
    let builder = builder.with_env_filter(filter).with_writer(std::io::stderr);
    let installed = if config.log.json {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).try_init()
    };
    installed.map_err(|error| anyhow::anyhow!("log: {error}"))
}

/// Until somebody presses Ctrl-C or the service manager says stop.
async fn wait_for_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    drop(tokio::signal::ctrl_c().await);
}
