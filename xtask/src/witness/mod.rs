//! A crowd that delivers records and works on incidents while something happens to the server, and remembers what it was told.
//! What was acknowledged must be there, once; what was not is sent again, and now and then what was, as shippers do.

mod feed;
mod judge;
mod people;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use anyhow::Result;

use crate::live::{Dice, Http, Server, rest};
use feed::Feed;
pub(crate) use judge::Found;
use people::People;

/// What the threads share.
struct Shared {
    http: Http,
    feed: Mutex<Feed>,
    people: Mutex<People>,
    /// Records that may have been made so far. What a server reads again after each start grows with them.
    allowed: AtomicU64,
    /// Nobody sends anything now.
    pause: AtomicBool,
    over: AtomicBool,
}

/// What is behind a lock, whoever failed before.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Does something again and again until all is over; not while there is a pause.
    fn work(&self, seed: u64, act: impl Fn(&Shared, &mut Dice)) {
        let mut dice = Dice::new(seed);
        while !self.over.load(Ordering::Relaxed) {
            if self.pause.load(Ordering::Relaxed) {
                rest(5);
            } else {
                act(self, &mut dice);
            }
        }
    }
}

/// Two senders and somebody who works on incidents.
pub(crate) struct Crowd {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Crowd {
    /// Begins to work on a server that is set up, as soon as records are allowed.
    pub(crate) fn gather(server: &Server, seed: u64) -> Result<Crowd> {
        let shared = Arc::new(Shared {
            http: server.http.clone(),
            feed: Mutex::new(Feed::new(seed)?),
            people: Mutex::new(People::default()),
            allowed: AtomicU64::new(0),
            pause: AtomicBool::new(false),
            over: AtomicBool::new(false),
        });
        let acts: [fn(&Shared, &mut Dice); 3] = [feed::send, feed::send, people::act];
        let threads = (1..).zip(acts).map(|(number, act)| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || shared.work(seed.wrapping_mul(31).wrapping_add(number), act))
        });
        let threads = threads.collect();
        Ok(Crowd { shared, threads })
    }

    /// So many records may have been made by now.
    pub(crate) fn allow(&self, records: u64) {
        self.shared.allowed.store(records, Ordering::Relaxed);
    }

    /// So many more records may be made.
    pub(crate) fn allow_more(&self, records: u64) {
        self.shared.allowed.fetch_add(records, Ordering::Relaxed);
    }

    /// Records that were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> usize {
        lock(&self.shared.feed).acknowledged.values().map(std::collections::BTreeSet::len).sum()
    }

    /// Everybody rests, all that waits is delivered, and everything is looked at. Then work goes on.
    pub(crate) fn look(&self, server: &Server) -> Result<Found> {
        self.shared.pause.store(true, Ordering::Relaxed);
        self.settle(server)?;
        let found = judge::look(server, &self.shared);
        self.shared.pause.store(false, Ordering::Relaxed);
        found
    }

    /// Nobody works any more.
    pub(crate) fn go_home(&mut self) -> Result<()> {
        self.shared.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().map_err(|_| anyhow::anyhow!("a sender failed"))?;
        }
        Ok(())
    }

    /// Everything is looked at for the last time, and the server stops.
    pub(crate) fn judge(&self, server: &mut Server) -> Result<Found> {
        self.settle(server)?;
        let mut found = judge::look(server, &self.shared)?;
        judge::incidents(server, &self.shared, &mut found)?;
        server.stop()?;
        judge::ledger(server, &mut found)?;
        Ok(found)
    }

    /// All that waits is delivered.
    fn settle(&self, server: &Server) -> Result<()> {
        // Who was just sending is done after that.
        rest(300);
        feed::drain(&self.shared)?;
        people::finish(&self.shared)?;
        server.wait_until_matched()
    }
}
