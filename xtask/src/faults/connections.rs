//! Connections that say nothing, or hardly anything.
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Outcome;
use super::stage::{Play, Stage};
use crate::live::rest;

const IDLE: usize = 10_000;
const SLOW: usize = 500;
/// Files that are open beside them.
const OTHER_FILES: u64 = 100;
const ASKED: u32 = 100;
/// All connections are closed by then.
const PATIENCE: Duration = Duration::from_secs(60);
const BYTE_EVERY_MILLISECONDS: u64 = 500;

/// Opens very many connections and says nothing.
pub(super) fn idle(stage: &Stage) -> Result<Outcome> {
    if rlimit::increase_nofile_limit(1 << 20)? < IDLE as u64 + OTHER_FILES {
        return Ok(Outcome::Skipped("too few files may be open here"));
    }
    let play = stage.play()?;
    let (before, calm) = (play.server.memory_mib(), play.ask(ASKED)?);
    let mut open = connect(&play, IDLE)?;
    let meanwhile = play.ask(ASKED)?;
    play.until_it_goes_on(Duration::from_secs(5))?;
    let memory = play.server.memory_mib();
    let closed = closed_after(&mut open, |_| true)?;
    let seen = format!(
        "{IDLE} connections that say nothing: pages {meanwhile} (before: {calm}), records are taken; memory {before} MiB before, \
         {memory} MiB meanwhile; all are closed after {:.0} s",
        closed.as_secs_f64()
    );
    play.end(&seen)
}

/// Opens connections and sends a byte of a request's head now and then.
pub(super) fn slow_heads(stage: &Stage) -> Result<Outcome> {
    let head = b"GET /api/v1/incidents HTTP/1.1\r\nhost: quell.example\r\nx-slow: ";
    slow(stage, "heads", |_| head.to_vec())
}

/// Opens connections and sends a byte of a body now and then.
pub(super) fn slow_bodies(stage: &Stage) -> Result<Outcome> {
    slow(stage, "bodies", |play| {
        let http = &play.server.http;
        let token = http.token.as_deref().unwrap_or_default();
        let head = format!(
            "POST /api/v1/events/search HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\ncontent-type: \
             application/json\r\ncontent-length: 1000\r\n\r\n",
            http.address
        );
        head.into_bytes()
    })
}

fn slow(stage: &Stage, what: &str, begin: impl Fn(&Play) -> Vec<u8>) -> Result<Outcome> {
    let play = stage.play()?;
    let calm = play.ask(ASKED)?;
    let mut open = connect(&play, SLOW)?;
    let bytes = begin(&play);
    for stream in &mut open {
        stream.write_all(&bytes)?;
    }
    let meanwhile = play.ask(ASKED)?;
    play.until_it_goes_on(Duration::from_secs(5))?;
    // One that is closed cannot be written to; that is what is waited for.
    let closed = closed_after(&mut open, |stream| stream.write_all(b"x").is_ok())?;
    let seen = format!(
        "{SLOW} connections with {what} that come by the byte: pages {meanwhile} (before: {calm}), records are taken; all are closed \
         after {:.0} s",
        closed.as_secs_f64()
    );
    play.end(&seen)
}

fn connect(play: &Play, count: usize) -> Result<Vec<TcpStream>> {
    let connect = |_| {
        let stream = TcpStream::connect(play.server.http.address).context("cannot connect")?;
        stream.set_nonblocking(true)?;
        Ok(stream)
    };
    (0..count).map(connect).collect()
}

/// How long it takes until the other side has closed all of them. Each is kept alive as told.
fn closed_after(open: &mut Vec<TcpStream>, keep_alive: impl Fn(&mut TcpStream) -> bool) -> Result<Duration> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        open.retain_mut(|stream| is_open(stream) && keep_alive(stream));
        if open.is_empty() {
            return Ok(began.elapsed());
        }
        rest(BYTE_EVERY_MILLISECONDS);
    }
    bail!("{} connections are still open after {PATIENCE:?}", open.len())
}

fn is_open(stream: &mut TcpStream) -> bool {
    let mut bytes = [0; 1024];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
}
