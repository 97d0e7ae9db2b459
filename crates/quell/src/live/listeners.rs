//! Sources that are not HTTP: syslog listeners and followed files.

use std::sync::Arc;

use anyhow::{Context, Result};
use quell_connect::syslog::{self, SyslogOptions};
use quell_connect::{FollowOptions, follow};
use quell_server::Running;
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinHandle;

use super::{SystemClock, parts};
use crate::config::{Config, Follow, Protocol, Syslog};

/// Starts everything the configuration names.
pub(super) async fn start(config: &Config, running: &Running) -> Result<Vec<JoinHandle<()>>> {
    let mut tasks = Vec::new();
    for syslog in &config.syslog {
        tasks.push(listen(syslog, running).await.with_context(|| format!("syslog on {}", syslog.listen))?);
    }
    for Follow { source, paths } in &config.follow {
        let options = FollowOptions::new(source, paths.clone());
        let (intake, stop) = (running.intake(), running.stopping());
        tasks.push(tokio::spawn(follow(options, intake, Arc::new(SystemClock), stop)));
    }
    Ok(tasks)
}

async fn listen(syslog: &Syslog, running: &Running) -> Result<JoinHandle<()>> {
    let options = SyslogOptions::new(&syslog.source, Arc::new(SystemClock));
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
