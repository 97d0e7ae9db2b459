//! Syslog over UDP (RFC 5426): one datagram, one message.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use quell_model::ports::Intake;
use tokio::net::UdpSocket;
use tokio::sync::watch;

use super::framing::one_line;
use super::gather::Gatherer;
use super::queue::{Sender, queue};
use super::{MESSAGE_BYTES_MAX, SyslogOptions};
use crate::courier::stopped;

/// Wait after an error of the socket, so that one that stays does not spin.
const ERROR_WAIT: Duration = Duration::from_millis(100);

/// Receives messages until Quell stops, delivers what was received, and ends.
pub async fn udp(socket: UdpSocket, intake: Arc<dyn Intake>, options: SyslogOptions, mut stop: watch::Receiver<bool>) {
    let place = socket.local_addr().map_or_else(|_| "udp".to_owned(), |address| format!("udp:{address}"));
    let (sender, receiver) = queue(options.gathering.queue_bytes_max);
    let gatherer = Gatherer::new(&place, receiver, &options, intake, stop.clone());
    let gatherer = tokio::spawn(gatherer.run());
    tokio::select! {
        () = receive(&socket, &sender, &options) => {}
        () = stopped(&mut stop) => {}
    }
    drop(sender);
    if let Err(error) = gatherer.await {
        tracing::error!(place, %error, "delivering ended early");
    }
}

/// Puts datagrams into the queue for ever. Waiting would only fill the kernel's buffer, where drops are not counted.
async fn receive(socket: &UdpSocket, queue: &Sender, options: &SyslogOptions) {
    let mut buffer = vec![0; MESSAGE_BYTES_MAX];
    loop {
        match socket.recv(&mut buffer).await {
            Ok(length) => {
                let line = one_line(&buffer[..length]);
                if !line.is_empty() && !queue.try_send(line) {
                    options.dropped.fetch_add(1, Ordering::Relaxed);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "no datagram could be received");
                tokio::time::sleep(ERROR_WAIT).await;
            }
        }
    }
}
