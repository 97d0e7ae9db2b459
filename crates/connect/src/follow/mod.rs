//! Followed files: whole lines are handed over as they are written, and after a restart reading goes on where it was.
//!
//! A file is known by its device and inode, and by hashes of the first and last bytes that were read of it. So one that was
//! renamed is read to its end before its successor, and one that was truncated or replaced is read from its beginning. How far a
//! path has been read is committed with the lines themselves.
//!
//! Records must stand on lines of their own: a value that goes over several lines can be torn. Not followed: gzip and zip
//! archives, EVTX, UTF-16; a warning says so. A file that was rotated away before it was ever seen at its path is not read.
//! What is written to a file between the copying and the truncation of `copytruncate` is lost to every reader; in a followed
//! folder such a copy is a new file and is read, though its records were delivered before.

mod position;
mod read;
mod scan;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::tz::Offset;
use quell_model::ports::{Clock, Delivery, Intake};
use tokio::sync::watch;

use crate::courier::{Brought, Courier};
use position::{FileId, Position, Stamp, Track};
use read::{Found, Part, read};
use scan::{Scan, Seen, scan, successors};

/// After so many quiet polls a file that has a successor is not written any more: a last line without its end is read then,
/// and a file that is gone is forgotten.
const SETTLED_POLLS: u32 = 10;
/// Parts read of one file before the others get their turn.
const PARTS_MAX: usize = 16;

/// Which files are followed, and how.
#[derive(Debug, Clone)]
pub struct FollowOptions {
    /// Name of the source, as deliveries carry it.
    pub source: String,
    /// Files, folders (the files directly in them), or files whose names match a last component with `*` in it. None has to
    /// exist yet.
    pub paths: Vec<PathBuf>,
    /// How often to look.
    pub poll: Duration,
    /// Wait before a refused delivery is sent again; it doubles each time, up to 30 s.
    pub retry_wait: Duration,
    /// Counts lines that were skipped because they are longer than 16 MiB.
    pub skipped: Arc<AtomicU64>,
}

impl FollowOptions {
    /// Looks every second.
    pub fn new(source: impl Into<String>, paths: Vec<PathBuf>) -> FollowOptions {
        FollowOptions {
            source: source.into(),
            paths,
            poll: Duration::from_secs(1),
            retry_wait: Duration::from_millis(500),
            skipped: Arc::default(),
        }
    }
}

/// Follows files until Quell stops. What was not handed over by then is read after the next start.
pub async fn follow(
    options: FollowOptions,
    intake: Arc<dyn Intake>,
    clock: Arc<dyn Clock>,
    stop: watch::Receiver<bool>,
) {
    let place = format!("follow:{}", options.source);
    let courier = Courier::new(&place, clock.now(), intake, options.retry_wait, stop);
    let mut follower =
        Follower { options, clock, courier, tracks: BTreeMap::new(), seen: HashMap::new(), complained: HashSet::new() };
    while !follower.courier.is_stopped() {
        if !follower.poll().await {
            follower.courier.pause(follower.options.poll).await;
        }
    }
}

struct Follower {
    options: FollowOptions,
    clock: Arc<dyn Clock>,
    courier: Courier,
    /// What is followed, by path.
    tracks: BTreeMap<PathBuf, Track>,
    /// Which files stood where at the last poll.
    seen: HashMap<PathBuf, FileId>,
    /// Paths about which there was a warning, until they can be read again.
    complained: HashSet<PathBuf>,
}

/// How reading a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// There is nothing more in it for now.
    Done,
    /// There is more in it.
    More,
    /// Quell stops.
    Stopped,
}

impl Follower {
    /// Looks at everything once; whether something was left for the next time.
    async fn poll(&mut self) -> bool {
        let (paths, before) = (self.options.paths.clone(), std::mem::take(&mut self.seen));
        let found = match blocking(move || Ok(scan(&paths, &before))).await {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(%error, "followed files could not be looked at");
                return false;
            }
        };
        for (path, reason) in &found.problems {
            self.complain(path, reason);
        }
        if !self.load(&found).await {
            return false;
        }
        self.claim(&found);
        let mut more = false;
        for path in self.tracks.keys().cloned().collect::<Vec<_>>() {
            match self.advance(&path, &found).await {
                Progress::Done => {}
                Progress::More => more = true,
                Progress::Stopped => return false,
            }
        }
        self.tracks.retain(|path, track| !track.positions.is_empty() || found.followed.contains(path));
        self.seen = found.ids;
        more
    }

    /// Asks how far paths were read that are new here; false if Quell stops.
    async fn load(&mut self, found: &Scan) -> bool {
        for path in &found.followed {
            if self.tracks.contains_key(path) {
                continue;
            }
            let key = Track::key_of(path);
            let Some(kept) = self.courier.checkpoint(&key).await else { return false };
            let track = match kept.map(|value| Track::load(key.clone(), &value)) {
                None => Track::new(key),
                Some(Ok(track)) => track,
                Some(Err(error)) => {
                    tracing::error!(key, %error, "checkpoint cannot be read; the file is read from its beginning");
                    Track::new(key)
                }
            };
            self.tracks.insert(path.clone(), track);
        }
        true
    }

    /// Each file belongs to the path where it was seen first, whatever it is called later. A file that was rotated before
    /// anybody saw it there, while Quell was not running or between two polls, belongs to the path where its predecessor was.
    fn claim(&mut self, found: &Scan) {
        let mut owned: HashSet<FileId> =
            self.tracks.values().flat_map(|track| &track.positions).map(|position| position.id).collect();
        let strays = found.strays(&owned);
        for path in &found.followed {
            let Some(track) = self.tracks.get_mut(path) else { continue };
            let here = found.ids.get(path).and_then(|id| Some((*id, found.files.get(id)?.born)));
            let mut new = match track.positions.as_slice() {
                // The copies that copytruncate makes are no successors.
                [] => Vec::new(),
                [only] if here.is_some_and(|(id, _)| id == only.id) => Vec::new(),
                [first, ..] => successors(&strays, path, first.born),
            };
            new.extend(here);
            new.retain(|(id, _)| owned.insert(*id));
            for (id, born) in new {
                track.begin(id, born);
            }
            if let Some((id, _)) = here {
                track.put_last(id);
            }
        }
    }

    /// Reads on in the files of a path, the oldest first.
    async fn advance(&mut self, path: &Path, found: &Scan) -> Progress {
        let Some(track) = self.tracks.get(path) else { return Progress::Done };
        let ids: Vec<FileId> = track.positions.iter().map(|position| position.id).collect();
        for id in ids {
            let progress = match found.files.get(&id) {
                Some(seen) => self.read_on(path, id, seen).await,
                None => self.missing(path, id, found.followed.contains(path)),
            };
            if progress != Progress::Done {
                return progress;
            }
        }
        Progress::Done
    }

    /// A file that cannot be found is forgotten after a while, unless it is the last that stood at a followed path: it can come
    /// back.
    fn missing(&mut self, path: &Path, id: FileId, followed: bool) -> Progress {
        if let Some(track) = self.tracks.get_mut(path) {
            let is_last = !track.is_older(id);
            let Some(position) = track.position(id) else { return Progress::Done };
            position.quiet_polls = position.quiet_polls.saturating_add(1);
            if position.quiet_polls >= SETTLED_POLLS && !(is_last && followed) {
                track.forget(id);
            }
        }
        Progress::Done
    }

    /// Reads on in one file of a path.
    async fn read_on(&mut self, path: &Path, id: FileId, seen: &Seen) -> Progress {
        let (place, stamp) = (seen.path.as_path(), seen.stamp);
        for _ in 0..PARTS_MAX {
            let Some((position, with_rest)) = self.due(path, id, stamp) else { return Progress::Done };
            let from = position.offset;
            let opened = place.to_owned();
            let found = match blocking(move || read(&opened, &position, with_rest)).await {
                Ok(found) => found,
                Err(error) => {
                    self.complain(place, &error.to_string());
                    return Progress::Done;
                }
            };
            match found {
                Found::Part(part) => {
                    self.complained.remove(place);
                    if self.hand_over(path, part).await == Brought::GivenUp {
                        return Progress::Stopped;
                    }
                }
                Found::TooLong(next) => self.skip(path, place, from, next),
                Found::Nothing { rest } => return self.done(path, id, stamp, rest),
                Found::Foreign(reason) => {
                    self.complain(place, reason);
                    return self.done(path, id, stamp, false);
                }
                Found::Changed => {
                    // The next poll finds a file that nobody owns, and begins it.
                    self.with_track(path, |track| track.forget(id));
                    return Progress::More;
                }
                Found::Moved => return Progress::Done,
            }
            if self.courier.is_stopped() {
                return Progress::Stopped;
            }
        }
        Progress::More
    }

    /// The position to read from, and whether a last line without its end is to be read too; none if there is nothing to read.
    fn due(&mut self, path: &Path, id: FileId, stamp: Stamp) -> Option<(Position, bool)> {
        let track = self.tracks.get_mut(path)?;
        let is_older = track.is_older(id);
        let position = track.position(id)?;
        if position.done != Some(stamp) {
            return Some((position.clone(), false));
        }
        position.quiet_polls = position.quiet_polls.saturating_add(1);
        let settled = is_older && position.rest && position.quiet_polls >= SETTLED_POLLS;
        settled.then(|| (position.clone(), true))
    }

    /// Delivers lines; once they are durable, the position moves.
    async fn hand_over(&mut self, path: &Path, part: Part) -> Brought {
        let Some(track) = self.tracks.get(path) else { return Brought::Taken };
        let checkpoint = match track.checkpoint_with(&part.next) {
            Ok(checkpoint) => Some(checkpoint),
            Err(error) => {
                tracing::error!(path = %path.display(), %error, "checkpoint cannot be written");
                None
            }
        };
        let delivery = Delivery {
            source: self.options.source.clone(),
            preamble: part.preamble,
            bytes: part.bytes,
            year: part.year.unwrap_or_else(|| Offset::UTC.to_datetime(self.clock.now()).year()),
            key: None,
            checkpoint,
        };
        let brought = self.courier.bring(delivery).await;
        if brought == Brought::Taken {
            self.move_to(path, part.next);
        }
        brought
    }

    fn skip(&mut self, path: &Path, place: &Path, from: u64, next: Position) {
        if next.skipping && !self.is_skipping(path, next.id) {
            self.options.skipped.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(path = %place.display(), offset = from, "line is longer than 16 MiB; skipped");
        }
        self.move_to(path, next);
    }

    fn is_skipping(&mut self, path: &Path, id: FileId) -> bool {
        let position = self.tracks.get_mut(path).and_then(|track| track.position(id));
        position.is_some_and(|position| position.skipping)
    }

    fn move_to(&mut self, path: &Path, next: Position) {
        self.with_track(path, |track| {
            if let Some(position) = track.position(next.id) {
                *position = next;
            }
        });
    }

    /// Everything that stood in the file when it was like this has been read.
    fn done(&mut self, path: &Path, id: FileId, stamp: Stamp, rest: bool) -> Progress {
        self.with_track(path, |track| {
            if let Some(position) = track.position(id) {
                (position.done, position.rest, position.quiet_polls) = (Some(stamp), rest, 0);
            }
        });
        Progress::Done
    }

    fn with_track(&mut self, path: &Path, change: impl FnOnce(&mut Track)) {
        if let Some(track) = self.tracks.get_mut(path) {
            change(track);
        }
    }

    /// Warns once, until the path can be read again.
    fn complain(&mut self, path: &Path, reason: &str) {
        if self.complained.insert(path.to_owned()) {
            tracing::warn!(path = %path.display(), reason, "not followed; it is tried again");
        }
    }
}

/// Runs what blocks on a thread that may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
