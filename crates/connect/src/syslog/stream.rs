//! Syslog over TCP (RFC 6587) and TLS (RFC 5425).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use quell_model::ports::Intake;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::SyslogOptions;
use super::framing::{Framer, Message};
use super::gather::Gatherer;
use super::queue::{Closed, Sender, queue};
use crate::courier::stopped;

/// Bytes read at a time.
const READ_BYTES: usize = 16 << 10;
/// Wait after an error of the listener (too many open files, for example), so that one that stays does not spin.
const ERROR_WAIT: Duration = Duration::from_millis(100);
/// At a stop a connection that brings nothing for so long is done.
const FAREWELL_QUIET: Duration = Duration::from_millis(150);
/// Longest time that a connection is read at a stop.
const FAREWELL: Duration = Duration::from_secs(2);

/// Receives messages over TCP until Quell stops, delivers what was received, and ends.
pub async fn tcp(listener: TcpListener, intake: Arc<dyn Intake>, options: SyslogOptions, stop: watch::Receiver<bool>) {
    listen("tcp", listener, None, Outlet { intake, options, stop }).await;
}

/// Receives messages over TLS until Quell stops, delivers what was received, and ends.
pub async fn tls(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    intake: Arc<dyn Intake>,
    options: SyslogOptions,
    stop: watch::Receiver<bool>,
) {
    listen("tls", listener, Some(acceptor), Outlet { intake, options, stop }).await;
}

/// Where messages go, and until when.
struct Outlet {
    intake: Arc<dyn Intake>,
    options: SyslogOptions,
    stop: watch::Receiver<bool>,
}

async fn listen(kind: &str, listener: TcpListener, acceptor: Option<TlsAcceptor>, outlet: Outlet) {
    let Outlet { intake, options, mut stop } = outlet;
    let place = listener.local_addr().map_or_else(|_| kind.to_owned(), |address| format!("{kind}:{address}"));
    let (sender, receiver) = queue(options.gathering.queue_bytes_max);
    let gatherer = Gatherer::new(&place, receiver, &options, intake, stop.clone());
    let gatherer = tokio::spawn(gatherer.run());
    let seats = Arc::new(Semaphore::new(options.limits.connections_max));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &seats) => accepted,
            Some(_) = connections.join_next() => continue,
            () = stopped(&mut stop) => break,
        };
        let Some((stream, peer, seat)) = accepted else { continue };
        let connection =
            Connection { peer, options: options.clone(), queue: sender.clone(), stop: stop.clone(), _seat: seat };
        connections.spawn(connection.serve(stream, acceptor.clone()));
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
    drop(sender);
    if let Err(error) = gatherer.await {
        tracing::error!(place, %error, "delivering ended early");
    }
}

/// The next connection, as soon as there is a seat for it; none after an error.
async fn accept(
    listener: &TcpListener,
    seats: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let seat = Arc::clone(seats).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, seat)),
        Err(error) => {
            tracing::warn!(%error, "no connection could be accepted");
            tokio::time::sleep(ERROR_WAIT).await;
            None
        }
    }
}

/// Why a connection is read no further.
#[derive(Debug)]
enum End {
    /// The sender closed it.
    Closed,
    /// It broke.
    Broken(io::Error),
    /// It brought nothing for too long.
    Idle,
    /// Quell stops.
    Stopped,
}

/// One connection.
struct Connection {
    peer: SocketAddr,
    options: SyslogOptions,
    queue: Sender,
    stop: watch::Receiver<bool>,
    /// Counts it among the open ones.
    _seat: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve(mut self, stream: TcpStream, acceptor: Option<TlsAcceptor>) {
        let Some(acceptor) = acceptor else { return self.read(stream).await };
        let handshake = tokio::time::timeout(self.options.limits.handshake, acceptor.accept(stream));
        let handshake = tokio::select! {
            handshake = handshake => handshake,
            () = stopped(&mut self.stop) => return,
        };
        match handshake {
            Ok(Ok(stream)) => self.read(stream).await,
            Ok(Err(error)) => tracing::warn!(peer = %self.peer, %error, "TLS handshake failed"),
            Err(_) => tracing::warn!(peer = %self.peer, "TLS handshake took too long"),
        }
    }

    /// Reads messages into the queue. While that is full nothing is read, and the sender has to wait.
    async fn read(mut self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut framer = Framer::new();
        let end = loop {
            if let Some(end) = self.fill(&mut stream, &mut framer).await {
                break end;
            }
            if self.pass_on(&mut framer).await.is_err() {
                return;
            }
        };
        if matches!(end, End::Stopped) {
            // One that is not through by then sends more than can be taken in that time.
            drop(tokio::time::timeout(FAREWELL, self.see_off(&mut stream, &mut framer)).await);
        }
        if let Some(message) = framer.finish() {
            // Nobody takes it only if the listener is ending anyway.
            drop(self.send(message).await);
        }
        match end {
            End::Broken(error) => tracing::info!(peer = %self.peer, %error, "connection broke"),
            End::Idle => tracing::info!(peer = %self.peer, "connection closed because it was idle"),
            End::Closed | End::Stopped => {}
        }
    }

    /// Tells the sender that no more is taken and reads what is on its way. Syslog has no receipts: what the sender has written
    /// is gone for it. Those that look before they write keep the rest until somebody listens again.
    async fn see_off(&self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin), framer: &mut Framer) {
        if stream.shutdown().await.is_err() {
            return;
        }
        loop {
            let buffer = framer.buffer();
            buffer.reserve(READ_BYTES);
            match tokio::time::timeout(FAREWELL_QUIET, stream.read_buf(buffer)).await {
                Ok(Ok(1..)) if self.pass_on(framer).await.is_ok() => {}
                _ => return,
            }
        }
    }

    /// Puts all whole messages into the queue.
    async fn pass_on(&self, framer: &mut Framer) -> Result<(), Closed> {
        while let Some(message) = framer.next() {
            self.send(message).await?;
        }
        Ok(())
    }

    /// Reads once; something if that was the last time.
    async fn fill(&mut self, stream: &mut (impl AsyncRead + Unpin), framer: &mut Framer) -> Option<End> {
        let buffer = framer.buffer();
        buffer.reserve(READ_BYTES);
        let read = tokio::time::timeout(self.options.limits.idle, stream.read_buf(buffer));
        let read = tokio::select! {
            read = read => read,
            () = stopped(&mut self.stop) => return Some(End::Stopped),
        };
        match read {
            Ok(Ok(0)) => Some(End::Closed),
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(End::Broken(error)),
            Err(_) => Some(End::Idle),
        }
    }

    async fn send(&self, message: Message) -> Result<(), Closed> {
        if message.cut {
            self.options.cut.fetch_add(1, Ordering::Relaxed);
        }
        self.queue.send(message.line).await
    }
}
