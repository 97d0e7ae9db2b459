//! Connections: bounded in number, and closed when nothing comes. A slow or silent peer costs one place for a few seconds,
//! never a thread (threat group 13).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::Peer;

/// A request's head has to be there after this time; also how long a connection may be idle.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// Requests under way may end after the stop.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);
const HEAD_BYTES_MAX: usize = 64 << 10;

/// Where connections come in.
pub(crate) struct Doors {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) connections_max: usize,
    pub(crate) stop: watch::Receiver<bool>,
}

/// Answers until the server stops; then lets requests under way end.
pub(crate) async fn serve(doors: Doors, router: Router) {
    let Doors { listener, tls, connections_max, mut stop } = doors;
    let places = Arc::new(Semaphore::new(connections_max));
    loop {
        // A place first: beyond the limit, connections wait in the kernel's queue.
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (router, tls, stop) = (router.clone(), tls.clone(), stop.clone());
        tokio::spawn(async move {
            let _place = place;
            connection(stream, peer, tls, router, stop).await;
        });
    }
    let all = places.acquire_many(connections_max as u32);
    if tokio::time::timeout(DRAIN_WITHIN, all).await.is_err() {
        tracing::warn!("some requests did not end in time and are cut off");
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    stop: watch::Receiver<bool>,
) {
    // Small answers must not wait for more to send.
    drop(stream.set_nodelay(true));
    match tls {
        None => speak(stream, peer, router, stop).await,
        Some(acceptor) => match tokio::time::timeout(HANDSHAKE_WITHIN, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => speak(stream, peer, router, stop).await,
            Ok(Err(error)) => tracing::debug!(%error, %peer, "TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
        },
    }
}

async fn speak<S>(stream: S, peer: SocketAddr, router: Router, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip().to_canonical()));
        request.map(Body::new)
    });
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN).max_buf_size(HEAD_BYTES_MAX);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        outcome = connection.as_mut() => Some(outcome),
        () = async { drop(stop.wait_for(|stop| *stop).await) } => None,
    };
    let outcome = match ended {
        Some(outcome) => outcome,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, %peer, "connection ended early");
    }
}
