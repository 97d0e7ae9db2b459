//! Subscribers that ask for the stream and never read it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::Outcome;
use super::stage::Stage;
use crate::live::{Http, until};

/// One fewer than a user may have.
const SILENT: usize = 19;
const DELIVERIES: u64 = 24;
/// Makes messages long, so that they fill what lies between a server and who does not read.
const PAD: usize = 300;
const RECORDS_EACH: u64 = 500;

/// Raises alerts until the silent ones are cut off, and looks whether one who reads hears all, or that there was too much.
pub(super) fn silent(stage: &Stage) -> Result<Outcome> {
    let play = stage.play()?;
    let http = play.server.http.clone();
    let heard = listen(&http)?;
    let silent = (0..SILENT).map(|_| subscribe(&http)).collect::<Result<Vec<_>>>()?;
    let before = play.server.memory_mib();
    let mut most = before;
    for delivery in 0..DELIVERIES {
        flood(&http, delivery)?;
        most = most.max(play.server.memory_mib());
    }
    let cut_off = until(Duration::from_secs(60), || {
        let system = http.get("/api/v1/system").ok()?.json().ok()?;
        (system["subscribers"] == 1).then_some(())
    });
    let all = DELIVERIES * RECORDS_EACH;
    let is_through = || heard.alerts.load(Ordering::Relaxed) >= all || heard.resyncs.load(Ordering::Relaxed) > 0;
    let through = until(Duration::from_secs(60), || is_through().then_some(()));
    let (alerts, resyncs) = (heard.alerts.load(Ordering::Relaxed), heard.resyncs.load(Ordering::Relaxed));
    drop(silent);
    if cut_off.is_none() {
        bail!("subscribers that never read are not cut off");
    }
    if through.is_none() {
        bail!("who reads heard {alerts} of {all} alerts, and was not told to read anew");
    }
    let seen = format!(
        "{SILENT} silent subscribers beside one who reads, {all} alerts: the reader heard {alerts} and was told {resyncs} times to \
         read anew, the others were cut off; memory {before} MiB before, {most} MiB at most"
    );
    play.end(&seen)
}

fn subscribe(http: &Http) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(http.address)?;
    let token = http.token.as_deref().unwrap_or_default();
    write!(stream, "GET /api/v1/stream HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\r\n", http.address)?;
    Ok(stream)
}

/// What who reads was told.
#[derive(Default)]
struct Heard {
    /// Alerts of the flood.
    alerts: AtomicU64,
    /// How often to read anew, because too much happened at once.
    resyncs: AtomicU64,
}

/// Counts what is pushed.
fn listen(http: &Http) -> Result<Arc<Heard>> {
    let mut reader = BufReader::new(subscribe(http)?);
    let mut status = String::new();
    reader.read_line(&mut status)?;
    if !status.contains("200") {
        bail!("the stream answers {}", status.trim());
    }
    let heard = Arc::new(Heard::default());
    let count = Arc::clone(&heard);
    std::thread::spawn(move || {
        for line in reader.split(b'\n').map_while(Result::ok) {
            let text = String::from_utf8_lossy(&line);
            count.alerts.fetch_add(text.matches("flooded-").count() as u64, Ordering::Relaxed);
            count.resyncs.fetch_add(u64::from(text.starts_with("event: resync")), Ordering::Relaxed);
        }
    });
    Ok(heard)
}

/// Records that all raise an alert, each about somebody else.
fn flood(http: &Http, delivery: u64) -> Result<()> {
    let (mut body, pad) = (String::new(), "x".repeat(PAD));
    for number in delivery * RECORDS_EACH..(delivery + 1) * RECORDS_EACH {
        let user = number % 100;
        body.push_str(&format!(
            r#"{{"flood":{number},"eventVersion":"1.11","eventTime":"2026-11-02T09:00:00Z","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.7","userAgent":"console","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/flooded-{user}-{pad}","accountId":"111122223333","userName":"flooded-{user}-{pad}"}},"requestParameters":{{"name":"trail"}},"responseElements":null,"eventID":"00000000-0000-4000-8000-{number:012}","eventType":"AwsApiCall","recipientAccountId":"111122223333"}}"#
        ));
        body.push('\n');
    }
    let taken = until(Duration::from_secs(60), || {
        let answer = http.ask("POST", "/api/v1/intake/flood", &[("content-type", "text/plain")], body.as_bytes());
        answer.ok().filter(|answer| answer.status == 200)
    });
    taken.map(drop).context("the flood is not taken")
}
