//! What is delivered: records that each carry a number, in batches, until they are acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use quell_content::scenario::{RenderOptions, Scenario, render};

use super::{Shared, lock};
use crate::live::{Dice, rest};

/// Source of JSON records.
pub(super) const RECORDS: &str = "crash";
/// Source of log lines.
pub(super) const LINES: &str = "crash-lines";
const BACKGROUND: u32 = 8;
const BATCH_MAX: u64 = 40;
/// Every so manieth made-up record raises an alert.
const ALERTING: u64 = 50;
/// Longest rest of a sender between two deliveries.
const REST_MILLISECONDS: u64 = 15;

/// Records with their numbers: each is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Batch {
    source: &'static str,
    numbers: Vec<u64>,
    /// `Idempotency-Key`.
    key: Option<String>,
}

/// What was sent and what became of it.
pub(super) struct Feed {
    /// Records of our scenarios, without their first brace.
    rendered: Vec<(String, Vec<u8>)>,
    next: BTreeMap<&'static str, u64>,
    keys: u64,
    pending: Vec<Batch>,
    /// Numbers that were acknowledged, by source.
    pub(super) acknowledged: BTreeMap<&'static str, BTreeSet<u64>>,
    /// Deliveries that were sent again.
    pub(super) again: u64,
    /// Answers that should never come.
    pub(super) faults: Vec<String>,
}

impl Feed {
    /// A feed that delivers the scenarios of a seed, between other records.
    pub(super) fn new(seed: u64) -> Result<Feed> {
        Ok(Feed {
            rendered: rendered(seed)?,
            next: BTreeMap::new(),
            keys: 0,
            pending: Vec::new(),
            acknowledged: BTreeMap::new(),
            again: 0,
            faults: Vec::new(),
        })
    }

    /// None if no more are to be made now.
    fn next_batch(&mut self, allowed: u64, dice: &mut Dice) -> Option<Batch> {
        if !self.pending.is_empty() && dice.percent(70) {
            self.again += 1;
            let at = dice.below(self.pending.len() as u64) as usize;
            let batch = self.pending.swap_remove(at);
            return Some(if batch.key.is_none() && dice.percent(30) { self.cut_anew(batch, dice) } else { batch });
        }
        if self.next.values().sum::<u64>() >= allowed {
            return None;
        }
        let source = if dice.percent(10) { LINES } else { RECORDS };
        let next = self.next.entry(source).or_default();
        let numbers: Vec<u64> = (*next..*next + 1 + dice.below(BATCH_MAX)).collect();
        *next += numbers.len() as u64;
        // Two equal log lines can be two events: only a key tells that they came before.
        let key = (source == LINES || dice.percent(30)).then(|| {
            self.keys += 1;
            format!("crash-{}", self.keys)
        });
        Some(Batch { source, numbers, key })
    }

    /// A shipper that restarts reads on from where it likes: the same records come in other deliveries.
    fn cut_anew(&mut self, mut batch: Batch, dice: &mut Dice) -> Batch {
        let other = self.pending.iter().position(|other| other.key.is_none() && other.source == batch.source);
        if let Some(at) = other {
            batch.numbers.extend(self.pending.swap_remove(at).numbers);
        }
        let at = dice.below(batch.numbers.len() as u64) as usize;
        let rest = batch.numbers.split_off(at);
        if !batch.numbers.is_empty() {
            self.pending.push(batch.clone());
        }
        Batch { numbers: rest, ..batch }
    }

    fn body(&self, batch: &Batch) -> Vec<u8> {
        let mut body = Vec::new();
        for number in &batch.numbers {
            self.line(batch.source, *number, &mut body);
            body.push(b'\n');
        }
        body
    }

    fn line(&self, source: &str, number: u64, body: &mut Vec<u8>) {
        if source == LINES {
            body.extend_from_slice(log_line(number).as_bytes());
        } else if number.is_multiple_of(3) {
            body.extend_from_slice(made_up(number).as_bytes());
        } else {
            let at = (number - number / 3 - 1) as usize % self.rendered.len();
            body.extend_from_slice(format!("{{\"crash\":{number},").as_bytes());
            body.extend_from_slice(&self.rendered[at].1);
        }
    }

    /// All records that were acknowledged, as files for each source.
    pub(super) fn acknowledged_bodies(&self) -> Vec<(&'static str, Vec<u8>)> {
        let batch = |(source, numbers): (&&'static str, &BTreeSet<u64>)| Batch {
            source,
            numbers: numbers.iter().copied().collect(),
            key: None,
        };
        self.acknowledged.iter().map(batch).map(|batch| (batch.source, self.body(&batch))).collect()
    }

    fn settled(&mut self, batch: Batch, outcome: Outcome, dice: &mut Dice) {
        match outcome {
            Outcome::Taken => {
                self.acknowledged.entry(batch.source).or_default().extend(&batch.numbers);
                // A shipper whose own note of the acknowledgement was lost.
                if dice.percent(5) {
                    self.pending.push(batch);
                }
            }
            Outcome::Unknown => self.pending.push(batch),
            Outcome::Wrong(fault) => {
                self.faults.push(fault);
                self.pending.push(batch);
            }
        }
    }
}

enum Outcome {
    Taken,
    Unknown,
    Wrong(String),
}

/// Delivers one batch.
pub(super) fn send(shared: &Shared, dice: &mut Dice) {
    let next = {
        let mut feed = lock(&shared.feed);
        let next = feed.next_batch(shared.allowed.load(Ordering::Relaxed), dice);
        next.map(|batch| (feed.body(&batch), batch))
    };
    let Some((body, batch)) = next else { return rest(REST_MILLISECONDS) };
    let outcome = deliver(shared, &batch, &body);
    let patience = if matches!(outcome, Outcome::Taken) { REST_MILLISECONDS } else { 2 * REST_MILLISECONDS };
    lock(&shared.feed).settled(batch, outcome, dice);
    rest(dice.below(patience));
}

fn deliver(shared: &Shared, batch: &Batch, body: &[u8]) -> Outcome {
    let mut headers = vec![("content-type", "text/plain")];
    headers.extend(batch.key.as_deref().map(|key| ("idempotency-key", key)));
    let Ok(answer) = shared.http.ask("POST", &format!("/api/v1/intake/{}", batch.source), &headers, body) else {
        return Outcome::Unknown;
    };
    match answer.status {
        200 => {
            let receipt = answer.json().unwrap_or_default();
            if receipt["accepted"] == batch.numbers.len() as u64 && receipt["rejected"] == 0 {
                Outcome::Taken
            } else {
                Outcome::Wrong(format!("{} records delivered, answered {receipt}", batch.numbers.len()))
            }
        }
        429 | 503 => Outcome::Unknown,
        status => Outcome::Wrong(format!("a delivery is answered {status}: {}", answer.text())),
    }
}

/// Delivers what still waits. The server has to be up.
pub(super) fn drain(shared: &Shared) -> Result<()> {
    let mut feed = lock(&shared.feed);
    let mut dice = Dice::new(0);
    for _ in 0..20_000 {
        let Some(batch) = feed.pending.pop() else { return Ok(()) };
        let body = feed.body(&batch);
        let outcome = deliver(shared, &batch, &body);
        if matches!(outcome, Outcome::Unknown) {
            rest(50);
        }
        feed.again += 1;
        feed.settled(batch, outcome, &mut dice);
    }
    anyhow::bail!("{} deliveries are not taken; {:?}", feed.pending.len(), feed.faults)
}

/// JSON records of all scenarios, those of all files side by side as their times go.
fn rendered(seed: u64) -> Result<Vec<(String, Vec<u8>)>> {
    let mut lines = Vec::new();
    for name in quell_content::scenario_names() {
        let scenario = Scenario::load(&|path| quell_content::file(path).map(str::to_owned), name)?;
        let start = "2026-11-02T08:00:00Z".parse()?;
        for file in render(&scenario, &RenderOptions { seed, background_ratio: BACKGROUND, start })?.files {
            let records = file.bytes.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{\""));
            let records: Vec<&[u8]> = records.filter(|line| line.len() < 16_384).collect();
            let count = records.len().max(1);
            let placed = (0..)
                .zip(records)
                .map(|(at, line): (usize, &[u8])| (format!("{:09}", at * 1_000_000 / count), line[1..].to_vec()));
            lines.extend(placed);
        }
    }
    lines.sort();
    lines.first().context("no scenario has JSON records")?;
    Ok(lines)
}

/// A CloudTrail record of our own.
fn made_up(number: u64) -> String {
    let stop = number.is_multiple_of(3 * ALERTING);
    let (source, name) = if stop { ("cloudtrail", "StopLogging") } else { ("ec2", "DescribeInstances") };
    let (user, minute, second) = (number % 40, number / 60 % 60, number % 60);
    let address = number % 250;
    format!(
        r#"{{"crash":{number},"eventVersion":"1.11","eventTime":"2026-11-02T10:{minute:02}:{second:02}Z","eventSource":"{source}.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.{address}","userAgent":"console","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u{user}","accountId":"111122223333","userName":"u{user}"}},"requestParameters":{{"name":"t{number}"}},"responseElements":null,"eventID":"c0ffee00-0000-4000-8000-{number:012}","eventType":"AwsApiCall","recipientAccountId":"111122223333"}}"#
    )
}

/// A line of sshd.
fn log_line(number: u64) -> String {
    let (minute, second) = (number / 60 % 60, number % 60);
    format!(
        "<86>1 2026-11-02T09:{minute:02}:{second:02}Z web-01 sshd 4711 - - Accepted publickey for crash-{number}-end from 203.0.113.9 \
         port 40022 ssh2"
    )
}

/// The number of a record, as it was found.
pub(super) fn number_of(raw: &str) -> Option<u64> {
    let rest = raw.strip_prefix("{\"crash\":").or_else(|| raw.split_once(" crash-").map(|(_, rest)| rest))?;
    rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}
