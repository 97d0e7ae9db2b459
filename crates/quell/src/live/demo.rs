//! The demo: both scenarios, replayed live as if their logs arrived now, and one incident of last month that was worked on to its
//! end.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use quell_content::scenario::{RenderOptions, Scenario, render};
use quell_engine::Knowledge;
use quell_model::Timestamp;
use quell_model::ports::{Clock, Delivery, Intake, IntakeError};
use quell_server::Running;
use tokio::sync::watch;

/// Benign records for each record of an intrusion.
const BACKGROUND: u32 = 60;
/// How long the intrusions are made to take.
const SPAN: Duration = Duration::from_secs(20);
/// Deliveries of each file.
const PARTS: usize = 100;
/// How long before now the scripted intrusions began.
const BEGAN_SECONDS_AGO: i64 = 2 * 3_600;

/// How long before now the incident began that was worked on to its end.
const FINISHED_DAYS_AGO: i64 = 35;
const DAY_SECONDS: i64 = 86_400;
/// Hour of the day at which it began.
const FINISHED_HOUR: i64 = 9;

/// Shows the incidents of last month: those scenarios that have a response.
pub(crate) async fn show_finished(running: &Running, knowledge: &Knowledge, clock: &dyn Clock) -> Result<()> {
    let now = clock.now();
    let day = now.as_second() / DAY_SECONDS - FINISHED_DAYS_AGO;
    let start = Timestamp::from_second(day * DAY_SECONDS + FINISHED_HOUR * 3_600).unwrap_or(now);
    for name in quell_content::scenario_names() {
        let options = RenderOptions { seed: 2, background_ratio: BACKGROUND, start };
        if let Some(answered) = knowledge.answered(name, &options)? {
            running.show(answered).await?;
        }
    }
    Ok(())
}

/// One file of logs, in the parts in which it is delivered.
struct Feed {
    source: String,
    parts: Vec<Vec<u8>>,
}

/// Delivers the logs of all scenarios, part by part.
pub(crate) async fn replay(intake: Arc<dyn Intake>, clock: &dyn Clock, mut stop: watch::Receiver<bool>) -> Result<()> {
    let now = clock.now();
    let start = Timestamp::from_second(now.as_second() - BEGAN_SECONDS_AGO).unwrap_or(now);
    let mut feeds = Vec::new();
    for name in quell_content::scenario_names() {
        let scenario = Scenario::load(&|path| quell_content::file(path).map(str::to_owned), name)?;
        let rendered = render(&scenario, &RenderOptions { seed: 1, background_ratio: BACKGROUND, start })?;
        for file in rendered.files {
            feeds.push(Feed { source: source_name(name, &file.path), parts: parts(&file.bytes) });
        }
    }
    for at in 0..PARTS {
        for feed in &feeds {
            let Some(bytes) = feed.parts.get(at).filter(|bytes| !bytes.is_empty()) else { continue };
            deliver(&*intake, feed, bytes).await?;
        }
        if tokio::time::timeout(SPAN / PARTS as u32, stop.wait_for(|stop| *stop)).await.is_ok() {
            return Ok(());
        }
    }
    Ok(())
}

async fn deliver(intake: &dyn Intake, feed: &Feed, bytes: &[u8]) -> Result<()> {
    loop {
        let delivery = Delivery {
            source: feed.source.clone(),
            preamble: Vec::new(),
            bytes: bytes.to_vec(),
            year: 1970,
            key: None,
            checkpoint: None,
        };
        match intake.deliver(delivery).await {
            Ok(_) => return Ok(()),
            Err(IntakeError::Busy { .. }) => tokio::time::sleep(Duration::from_millis(100)).await,
            Err(error) => return Err(error).context("the demo cannot be delivered"),
        }
    }
}

/// `demo.cloud.cloudtrail-eu-west-1-3` for a file of a scenario.
fn source_name(scenario: &str, path: &str) -> String {
    let scenario = scenario.split('-').next().unwrap_or(scenario);
    let name = path.rsplit_once('.').map_or(path, |(name, _)| name).replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    format!("demo.{scenario}.{name}").chars().take(64).collect()
}

/// A file of lines in parts of whole lines; any other file is one part.
fn parts(bytes: &[u8]) -> Vec<Vec<u8>> {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    if lines.len() < PARTS || bytes.first() == Some(&b'[') || bytes.starts_with(b"{\n") || is_wrapped(bytes) {
        return vec![bytes.to_vec()];
    }
    lines.chunks(lines.len().div_ceil(PARTS)).map(<[&[u8]]>::concat).collect()
}

fn is_wrapped(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{\"Records\"")
}
