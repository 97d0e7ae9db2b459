//! Syslog over real sockets on the loopback interface.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use quell_connect::syslog::{Gathering, SyslogOptions, tcp, tls, udp};
use rcgen::generate_simple_self_signed;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::fake::{FakeIntake, clock};

fn options() -> SyslogOptions {
    let mut options = SyslogOptions::new("net", clock());
    options.gathering =
        Gathering { wait: Duration::from_millis(20), retry_wait: Duration::from_millis(5), ..Gathering::default() };
    options
}

/// A listener at work.
struct Listener {
    address: std::net::SocketAddr,
    intake: Arc<FakeIntake>,
    options: SyslogOptions,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Listener {
    async fn udp(options: SyslogOptions) -> Listener {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (address, intake, stop) = (socket.local_addr().unwrap(), FakeIntake::new(), watch::Sender::new(false));
        let task = tokio::spawn(udp(socket, intake.clone(), options.clone(), stop.subscribe()));
        Listener { address, intake, options, stop, task }
    }

    async fn tcp(options: SyslogOptions) -> Listener {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, intake, stop) = (listener.local_addr().unwrap(), FakeIntake::new(), watch::Sender::new(false));
        let task = tokio::spawn(tcp(listener, intake.clone(), options.clone(), stop.subscribe()));
        Listener { address, intake, options, stop, task }
    }

    async fn tls(options: SyslogOptions, acceptor: TlsAcceptor) -> Listener {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, intake, stop) = (listener.local_addr().unwrap(), FakeIntake::new(), watch::Sender::new(false));
        let task = tokio::spawn(tls(listener, acceptor, intake.clone(), options.clone(), stop.subscribe()));
        Listener { address, intake, options, stop, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Stops, waits for the end, and returns all lines.
    async fn stop(self) -> Vec<String> {
        self.stop.send_replace(true);
        tokio::time::timeout(Duration::from_secs(10), self.task).await.unwrap().unwrap();
        self.intake.lines()
    }
}

#[tokio::test]
async fn each_datagram_is_a_line() {
    let listener = Listener::udp(options()).await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for datagram in ["<13>one", "<13>two\n", "\n", "<13>three\nand more\r\n"] {
        socket.send_to(datagram.as_bytes(), listener.address).await.unwrap();
    }
    assert_eq!(listener.intake.wait_for(3).await, ["<13>one", "<13>two", "<13>three and more"]);
    let first = &listener.intake.taken()[0];
    assert_eq!((first.source.as_str(), first.year, first.preamble.len()), ("net", 2026, 0));
    assert_eq!(listener.stop().await.len(), 3);
}

#[tokio::test]
async fn datagrams_that_find_no_room_are_counted() {
    let mut options = options();
    options.gathering.queue_bytes_max = 2_000;
    options.gathering.bytes_max = 1_000;
    let listener = Listener::udp(options).await;
    listener.intake.block(true);
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for number in 0..100 {
        socket.send_to(format!("<13>{number:0>400}").as_bytes(), listener.address).await.unwrap();
        tokio::task::yield_now().await;
    }
    let dropped = Arc::clone(&listener.options.dropped);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(dropped.load(Ordering::Relaxed) > 0);
    listener.intake.block(false);
    let lines = listener.stop().await.len() as u64;
    assert_eq!(lines + dropped.load(Ordering::Relaxed), 100);
}

#[tokio::test]
async fn both_framings_mix_on_one_connection() {
    let listener = Listener::tcp(options()).await;
    let mut stream = listener.connect().await;
    for piece in ["<13>one\n7 <13", ">two10 <13>a\nbcde<1", "3>three\n", "<13>no end"] {
        stream.write_all(piece.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(stream);
    let expected = ["<13>one", "<13>two", "<13>a bcde", "<13>three", "<13>no end"];
    assert_eq!(listener.intake.wait_for(5).await, expected);
    assert_eq!(listener.stop().await, expected);
}

#[tokio::test]
async fn messages_are_gathered_up_to_the_limits() {
    let mut options = options();
    options.gathering.messages_max = 10;
    options.gathering.bytes_max = 1_000;
    let listener = Listener::tcp(options).await;
    let mut stream = listener.connect().await;
    let short: String = (0..35).map(|number| format!("<13>{number}\n")).collect();
    let long: String = (0..5).map(|number| format!("<13>{number:0>400}\n")).collect();
    stream.write_all(format!("{short}{long}").as_bytes()).await.unwrap();
    listener.intake.wait_for(40).await;
    for delivery in listener.intake.taken() {
        assert!(delivery.bytes.len() <= 1_000);
        assert!(delivery.bytes.iter().filter(|byte| **byte == b'\n').count() <= 10);
    }
    assert!(listener.intake.taken().len() <= 10);
    listener.stop().await;
}

#[tokio::test]
async fn a_long_message_is_cut_and_counted() {
    let listener = Listener::tcp(options()).await;
    let mut stream = listener.connect().await;
    stream.write_all(format!("<13>{}\n<13>next\n", "x".repeat(100_000)).as_bytes()).await.unwrap();
    let lines = listener.intake.wait_for(2).await;
    assert_eq!((lines[0].len(), lines[1].as_str()), (64 << 10, "<13>next"));
    assert_eq!(listener.options.cut.load(Ordering::Relaxed), 1);
    listener.stop().await;
}

#[tokio::test]
async fn a_refused_delivery_is_sent_again_under_its_key() {
    let listener = Listener::tcp(options()).await;
    listener.intake.refuse(3);
    let mut stream = listener.connect().await;
    stream.write_all(b"<13>one\n").await.unwrap();
    assert_eq!(listener.intake.wait_for(1).await, ["<13>one"]);
    stream.write_all(b"<13>two\n").await.unwrap();
    assert_eq!(listener.intake.wait_for(2).await, ["<13>one", "<13>two"]);
    let attempts = listener.intake.attempts();
    assert_eq!(attempts.len(), 5);
    assert!(attempts[..4].iter().all(|key| *key == attempts[0]));
    assert_ne!(attempts[3], attempts[4]);
    listener.stop().await;
}

#[tokio::test]
async fn a_blocked_intake_stops_reading_and_nothing_is_lost() {
    let mut options = options();
    options.gathering.queue_bytes_max = 64 << 10;
    let listener = Listener::tcp(options).await;
    listener.intake.block(true);
    let mut stream = listener.connect().await;
    let line = format!("<13>{}\n", "x".repeat(995));
    let mut written = 0;
    // Ends once the buffers of the kernel are full too.
    while tokio::time::timeout(Duration::from_millis(300), stream.write_all(line.as_bytes())).await.is_ok() {
        written += 1;
        assert!(written < 100_000, "100 MB were read although nothing was delivered");
    }
    assert!(listener.intake.taken().is_empty());
    listener.intake.block(false);
    // The last line may have been written in part.
    drop(stream);
    let lines = listener.intake.wait_for(written).await;
    assert!(lines.len() <= written + 1);
    assert!(lines[..written].iter().all(|found| found.len() + 1 == line.len()));
    listener.stop().await;
}

#[tokio::test]
async fn what_was_received_is_delivered_at_the_stop() {
    let mut options = options();
    options.gathering.wait = Duration::from_secs(60);
    let listener = Listener::tcp(options).await;
    let mut stream = listener.connect().await;
    stream.write_all(b"<13>one\n<13>two").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(listener.intake.taken().is_empty());
    assert_eq!(listener.stop().await, ["<13>one", "<13>two"]);
}

#[tokio::test]
async fn what_is_on_its_way_at_the_stop_is_delivered() {
    let listener = Listener::tcp(options()).await;
    let mut stream = listener.connect().await;
    stream.write_all(b"<13>first\n").await.unwrap();
    listener.intake.wait_for(1).await;
    // More than one read takes: it stands in the buffers of the connection.
    let lines: String = (0..4_000).map(|number| format!("<13>{number:0>60}\n")).collect();
    stream.write_all(lines.as_bytes()).await.unwrap();
    let said = tokio::spawn(async move {
        let mut said = Vec::new();
        // The sender is told, and closes in its turn.
        stream.read_to_end(&mut said).await.map(|_| said.len())
    });
    assert_eq!(listener.stop().await.len(), 4_001);
    assert_eq!(said.await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let listener = Listener::tcp(options()).await;
    listener.intake.refuse(1_000);
    let mut stream = listener.connect().await;
    stream.write_all(b"<13>one\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(listener.stop().await.is_empty());
}

#[tokio::test]
async fn connections_wait_for_a_seat_and_idle_ones_lose_theirs() {
    let mut options = options();
    options.limits.connections_max = 1;
    options.limits.idle = Duration::from_millis(100);
    let listener = Listener::tcp(options).await;
    let mut idle = listener.connect().await;
    idle.write_all(b"<13>one\n").await.unwrap();
    listener.intake.wait_for(1).await;
    let mut waiting = listener.connect().await;
    waiting.write_all(b"<13>two\n").await.unwrap();
    assert_eq!(listener.intake.wait_for(2).await, ["<13>one", "<13>two"]);
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0);
    listener.stop().await;
}

/// A server with a certificate of its own for `localhost`, and a client that trusts it.
fn tls_pair() -> (TlsAcceptor, TlsConnector) {
    let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let server =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate.clone()], key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    (TlsAcceptor::from(Arc::new(server)), TlsConnector::from(Arc::new(client)))
}

#[tokio::test]
async fn messages_come_over_tls() {
    let (acceptor, connector) = tls_pair();
    let listener = Listener::tls(options(), acceptor).await;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = connector.connect(name, listener.connect().await).await.unwrap();
    stream.write_all(b"7 <13>one<13>two\n").await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(listener.intake.wait_for(2).await, ["<13>one", "<13>two"]);
    listener.stop().await;
}

#[tokio::test]
async fn a_slow_handshake_is_given_up() {
    let mut options = options();
    options.limits.handshake = Duration::from_millis(50);
    let (acceptor, _) = tls_pair();
    let listener = Listener::tls(options, acceptor).await;
    let mut stream = listener.connect().await;
    let closed = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut [0; 1])).await.unwrap();
    assert_eq!(closed.unwrap(), 0);
    let mut plain = listener.connect().await;
    plain.write_all(b"<13>not encrypted\n").await.unwrap();
    drop(plain);
    assert!(listener.stop().await.is_empty());
}
