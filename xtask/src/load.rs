//! Sustained load on a running server: records by HTTP at a fixed rate, and how long it takes until an alert on one of them is
//! pushed to a subscriber. Prints what was sent, what was taken, and the delay's median, p99 and worst.
//!
//! Records are rendered by our scenarios with several seeds; each goes out with a number of its own, so that no two are equal.
//! A few records a second are markers: they raise an alert whose subject names them.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use quell_content::scenario::{RenderOptions, Scenario, render};

/// Records of one request.
const BATCH: usize = 500;
/// Markers a second.
const MARKERS_PER_SECOND: u64 = 5;
const SEEDS: u64 = 6;
const BACKGROUND: u32 = 400;
const CONNECTIONS: usize = 4;
/// Markers of which it is said when they were sent.
const SLOWEST: usize = 20;

/// What to do.
pub(crate) struct Load {
    /// Address of the server.
    pub(crate) server: String,
    /// Token with `intake:write` and `alerts:read`.
    pub(crate) token: String,
    /// Records a second.
    pub(crate) rate: u64,
    /// For how long.
    pub(crate) seconds: u64,
}

type Sent = Arc<Mutex<HashMap<u64, Instant>>>;
/// How long markers took, and when they were sent.
type Delays = Arc<Mutex<Vec<(Duration, Instant)>>>;

/// Sends and measures; true if everything was taken and every marker was pushed.
#[expect(clippy::disallowed_methods, reason = "it measures time")]
pub(crate) fn run(load: &Load) -> Result<bool> {
    let lines = Arc::new(lines()?);
    println!("{} different records rendered, {} bytes on average", lines.len(), average(&lines));
    let sent: Sent = Arc::default();
    let delays = subscribe(load, Arc::clone(&sent))?;
    let began = Instant::now();
    let total_batches = load.rate * load.seconds / BATCH as u64;
    let next = Arc::new(Mutex::new(0_u64));
    let senders: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (lines, next, sent) = (Arc::clone(&lines), Arc::clone(&next), Arc::clone(&sent));
            let (server, token, rate) = (load.server.clone(), load.token.clone(), load.rate);
            std::thread::spawn(move || {
                let mut sender = Sender { server, token, stream: None, accepted: 0, refused: 0, late: Duration::ZERO };
                sender.run((&lines, &sent), began, (rate, total_batches), &next).map(|()| sender)
            })
        })
        .collect();
    let (mut accepted, mut refused, mut late) = (0, 0, Duration::ZERO);
    for sender in senders {
        let sender = sender.join().map_err(|_| anyhow::anyhow!("a sender failed"))??;
        accepted += sender.accepted;
        refused += sender.refused;
        late = late.max(sender.late);
    }
    let took = began.elapsed().as_secs_f64();
    std::thread::park_timeout(Duration::from_secs(5));
    let mut delays = delays.lock().unwrap_or_else(PoisonError::into_inner).clone();
    delays.sort_unstable();
    slowest(&delays, began);
    let delays: Vec<Duration> = delays.into_iter().map(|(delay, _)| delay).collect();
    let missing = sent.lock().unwrap_or_else(PoisonError::into_inner).len();
    if delays.is_empty() {
        bail!("no marker was pushed");
    }
    let at = |share: f64| delays[((delays.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "load: {accepted} records taken in {took:.1} s, {:.0} a second; {refused} requests told to come back; at most {:.2} s late",
        accepted as f64 / took,
        late.as_secs_f64()
    );
    println!(
        "record to subscriber: {} markers, median {:.1} ms, p99 {:.1} ms, worst {:.1} ms; {missing} not pushed",
        delays.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
    Ok(missing == 0)
}

/// Says when the slowest markers were sent: what they have in common is what makes them slow.
fn slowest(delays: &[(Duration, Instant)], began: Instant) {
    let mut worst: Vec<_> = delays.iter().rev().take(SLOWEST).collect();
    worst.sort_unstable_by_key(|(_, sent)| *sent);
    let said = worst.iter().map(|(delay, sent)| {
        format!("{:.0} ms at {:.1} s", delay.as_secs_f64() * 1e3, sent.duration_since(began).as_secs_f64())
    });
    println!("slowest: {}", said.collect::<Vec<_>>().join(", "));
}

fn average(lines: &[Vec<u8>]) -> usize {
    lines.iter().map(Vec::len).sum::<usize>() / lines.len().max(1)
}

/// JSON records, one a line, without their first brace: a number goes in front of them.
fn lines() -> Result<Vec<Vec<u8>>> {
    let mut lines = Vec::new();
    for name in quell_content::scenario_names() {
        let scenario = Scenario::load(&|path| quell_content::file(path).map(str::to_owned), name)?;
        for seed in 1..=SEEDS {
            let start = "2026-11-02T08:00:00Z".parse()?;
            let rendered = render(&scenario, &RenderOptions { seed, background_ratio: BACKGROUND, start })?;
            for file in rendered.files {
                let records = file.bytes.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{\""));
                lines.extend(records.filter(|line| line.len() < 8_192).map(|line| line[1..].to_vec()));
            }
        }
    }
    Ok(lines)
}

struct Sender {
    server: String,
    token: String,
    stream: Option<BufReader<TcpStream>>,
    accepted: u64,
    refused: u64,
    /// Behind the schedule, at worst.
    late: Duration,
}

impl Sender {
    #[expect(clippy::disallowed_methods, reason = "it measures time")]
    fn run(
        &mut self,
        (lines, sent): (&[Vec<u8>], &Sent),
        began: Instant,
        (rate, batches): (u64, u64),
        next: &Mutex<u64>,
    ) -> Result<()> {
        loop {
            let batch = {
                let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
                *next += 1;
                *next - 1
            };
            if batch >= batches {
                return Ok(());
            }
            let due = began + Duration::from_secs_f64(batch as f64 * BATCH as f64 / rate as f64);
            if let Some(wait) = due.checked_duration_since(Instant::now()) {
                std::thread::park_timeout(wait);
            }
            self.late = self.late.max(due.elapsed());
            let every = (rate / BATCH as u64 / MARKERS_PER_SECOND).max(1);
            let marker = (batch % every == 0).then_some(batch);
            let body = body(lines, batch, marker);
            if let Some(marker) = marker {
                sent.lock().unwrap_or_else(PoisonError::into_inner).insert(marker, Instant::now());
            }
            while !self.post(&body)? {
                self.refused += 1;
                std::thread::park_timeout(Duration::from_millis(200));
            }
            self.accepted += BATCH as u64;
        }
    }

    /// Whether the server took it; false if it said to come back.
    fn post(&mut self, body: &[u8]) -> Result<bool> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => none.insert(BufReader::new(TcpStream::connect(&self.server).context("cannot connect")?)),
        };
        stream.get_ref().set_nodelay(true)?;
        let head = format!(
            "POST /api/v1/intake/load HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/x-ndjson\r\n\
             content-length: {}\r\n\r\n",
            self.server,
            self.token,
            body.len()
        );
        stream.get_mut().write_all(head.as_bytes())?;
        stream.get_mut().write_all(body)?;
        let mut status = String::new();
        stream.read_line(&mut status)?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut answer = vec![0; length];
        stream.read_exact(&mut answer)?;
        match status.split_whitespace().nth(1) {
            Some("200") => Ok(true),
            Some("429" | "503") => Ok(false),
            _ => bail!("{}: {}", status.trim(), String::from_utf8_lossy(&answer)),
        }
    }
}

fn body(lines: &[Vec<u8>], batch: u64, marker: Option<u64>) -> Vec<u8> {
    let mut body = Vec::with_capacity(BATCH * 1_024);
    let plain = BATCH - usize::from(marker.is_some());
    for at in 0..plain {
        let number = batch * BATCH as u64 + at as u64;
        let line = &lines[number as usize % lines.len()];
        // A record is its bytes: with a number in it, it is one of its own.
        drop(write!(body, "{{\"load\":{number},"));
        body.extend_from_slice(line);
        body.push(b'\n');
    }
    if let Some(marker) = marker {
        drop(writeln!(
            body,
            r#"{{"eventVersion":"1.11","eventTime":"2026-11-02T09:00:00Z","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.7","userAgent":"console","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/marker-{marker}-end","accountId":"111122223333","userName":"marker-{marker}-end"}},"requestParameters":{{"name":"trail-{marker}"}},"responseElements":null,"eventID":"00000000-0000-4000-8000-{marker:012}","eventType":"AwsApiCall","recipientAccountId":"111122223333"}}"#
        ));
    }
    body
}

/// Listens on the stream; delays of markers come in as they are pushed.
fn subscribe(load: &Load, sent: Sent) -> Result<Delays> {
    let mut stream = TcpStream::connect(&load.server).context("cannot connect")?;
    write!(
        stream,
        "GET /api/v1/stream HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\r\n",
        load.server, load.token
    )?;
    let mut reader = BufReader::new(stream);
    let mut status = String::new();
    reader.read_line(&mut status)?;
    if !status.contains("200") {
        bail!("the stream answers {}", status.trim());
    }
    let delays = Delays::default();
    let found = Arc::clone(&delays);
    std::thread::spawn(move || {
        for line in reader.split(b'\n').map_while(Result::ok) {
            let text = String::from_utf8_lossy(&line);
            let Some((_, rest)) = text.split_once("marker-") else { continue };
            let Some(marker) = rest.split('-').next().and_then(|number| number.parse().ok()) else { continue };
            let sent = sent.lock().unwrap_or_else(PoisonError::into_inner).remove(&marker);
            if let Some(sent) = sent {
                found.lock().unwrap_or_else(PoisonError::into_inner).push((sent.elapsed(), sent));
            }
        }
    });
    Ok(delays)
}
