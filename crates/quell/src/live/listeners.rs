//! Sources that are not HTTP: syslog listeners and followed files.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, Result};
use quell_connect::syslog::{self, SyslogOptions};
use quell_connect::{FollowOptions, follow};
use quell_server::Running;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{SystemClock, parts};
use crate::config::{Config, Follow, Protocol, Syslog};

/// How often it is looked what listeners could not keep.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Listeners and followers that run.
pub(super) struct Listeners {
    tasks: Vec<JoinHandle<()>>,
}

impl Listeners {
    /// Starts everything the configuration names.
    pub(super) async fn start(config: &Config, running: &Running) -> Result<Listeners> {
        let mut tasks = Vec::new();
        for syslog in &config.syslog {
            let options = SyslogOptions::new(&syslog.source, Arc::new(SystemClock));
            tasks.push(tokio::spawn(tell_losses(options.clone(), running.stopping())));
            let listens = listen(syslog, options, running).await;
            tasks.push(listens.with_context(|| format!("syslog on {}", syslog.listen))?);
        }
        for Follow { source, paths } in &config.follow {
            let options = FollowOptions::new(source, paths.clone());
            let (intake, stop) = (running.intake(), running.stopping());
            tasks.push(tokio::spawn(follow(options, intake, Arc::new(SystemClock), stop)));
        }
        Ok(Listeners { tasks })
    }

    /// Until all have delivered what they received and ended, after the server began to stop.
    pub(super) async fn ended(self) {
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a listener failed");
            }
        }
    }
}

async fn listen(syslog: &Syslog, options: SyslogOptions, running: &Running) -> Result<JoinHandle<()>> {
    let (intake, stop) = (running.intake(), running.stopping());
    tracing::info!(source = syslog.source, listen = %syslog.listen, protocol = ?syslog.protocol, "syslog listens");
    Ok(match syslog.protocol {
        Protocol::Udp => {
            let socket = UdpSocket::bind(syslog.listen).await.context("cannot listen")?;
            tokio::spawn(syslog::udp(socket, intake, options, stop))
        }
        Protocol::Tcp => {
            let listener = TcpListener::bind(syslog.listen).await.context("cannot listen")?;
            tokio::spawn(syslog::tcp(listener, intake, options, stop))
        }
        Protocol::Tls => {
            let certificate = syslog.certificate.as_ref().context("certificate is missing")?;
            let acceptor = parts::tls(certificate, syslog.key.as_ref().context("key is missing")?)?;
            let listener = TcpListener::bind(syslog.listen).await.context("cannot listen")?;
            tokio::spawn(syslog::tls(listener, acceptor, intake, options, stop))
        }
    })
}

/// Says what a listener could not keep (invariant 3): datagrams when its queue was full, ends of messages that were too long.
async fn tell_losses(options: SyslogOptions, mut stop: watch::Receiver<bool>) {
    let counters = [
        ("quell_syslog_dropped_total", "datagrams were dropped because too many waited", &options.dropped),
        ("quell_syslog_cut_total", "messages were cut because they were too long or broke off", &options.cut),
    ];
    let mut told = [0; 2];
    loop {
        let stopped = tokio::time::timeout(LOOK_EVERY, stop.wait_for(|stop| *stop)).await.is_ok();
        for ((name, what, counter), told) in counters.iter().zip(&mut told) {
            let count = counter.load(Ordering::Relaxed);
            metrics::counter!(*name, "source" => options.source.clone()).absolute(count);
            if count > *told {
                tracing::warn!(source = options.source, more = count - *told, all = count, "{what}");
                *told = count;
            }
        }
        if stopped {
            return;
        }
    }
}
