//! Slows down guessing. Kept in memory and on the monotonic clock only, so that a step of the system clock changes nothing.
//!
//! - A login from one address: five failures are free, then each further one makes it wait, from 1 s doubling to 5 min.
//! - A login from all addresses: a softer limit, which does not hold for addresses that signed in before; nobody can lock a
//!   user out of the places where they work.
//! - One-time codes of a login: a strict limit, because who gets there knows the password.
//! - An address: 50 failures a minute.
//!
//! A try is counted before it is judged, so that many at once are no way around. Nothing here knows whether a login exists.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::secret;

const FREE_FAILURES: u32 = 5;
const WAIT_MAX_SECONDS: u64 = 300;
/// After so long without a try, failures are forgotten.
const FORGET: Duration = Duration::from_secs(3600);
const TELL_EVERY: Duration = Duration::from_secs(600);
const ENTRIES_MAX: usize = 10_000;

/// Failures of an address: 50 at once, 50 a minute.
const ADDRESS: Rate = Rate { most: 50.0, each: Duration::from_millis(1200) };
/// Failures of a login from addresses that never signed in to it.
const LOGIN: Rate = Rate { most: 30.0, each: Duration::from_secs(5) };
/// Wrong one-time codes of a login.
const CODES: Rate = Rate { most: 10.0, each: Duration::from_secs(300) };

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Try {
    /// A password or a passkey.
    First,
    /// A code after the password was right.
    Code,
}

/// A try that has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Denied {
    /// How long.
    pub(crate) wait_seconds: u64,
    /// Whether the ledger should hear of it; at most once in ten minutes for a login.
    pub(crate) tell: bool,
}

/// Counts tries.
#[derive(Default)]
pub(crate) struct Throttle {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    pairs: Bounded<Pair>,
    logins: Bounded<Login>,
    addresses: Bounded<Bucket>,
}

/// One login from one address.
#[derive(Default)]
struct Pair {
    failures: u32,
    until: Option<Instant>,
    last: Option<Instant>,
    known: bool,
}

/// One login from anywhere.
#[derive(Default)]
struct Login {
    failures: Bucket,
    codes: Bucket,
    told: Option<Instant>,
}

impl Throttle {
    /// Counts a try as failed, before it is judged.
    ///
    /// # Errors
    /// It has to wait.
    pub(crate) fn begin(&self, what: Try, login: &str, address: IpAddr, now: Instant) -> Result<(), Denied> {
        let keys = Keys::new(login, address);
        let mut state = self.lock();
        let State { pairs, logins, addresses } = &mut *state;
        let from = addresses.entry(keys.address, now);
        if let Some(wait) = from.wait(ADDRESS, now) {
            return Err(Denied { wait_seconds: seconds(wait), tell: false });
        }
        let pair = pairs.entry(keys.pair, now);
        pair.forget_old(now);
        let of = logins.entry(keys.login, now);
        let waits = [
            pair.until.and_then(|until| until.checked_duration_since(now)).filter(|wait| !wait.is_zero()),
            if pair.known { None } else { of.failures.wait(LOGIN, now) },
            if what == Try::Code { of.codes.wait(CODES, now) } else { None },
        ];
        if let Some(wait) = waits.into_iter().flatten().max() {
            return Err(Denied { wait_seconds: seconds(wait), tell: of.tell(now) });
        }
        from.take(ADDRESS, now);
        of.failures.take(LOGIN, now);
        if what == Try::Code {
            of.codes.take(CODES, now);
        }
        pair.fail(now);
        Ok(())
    }

    /// A try was right, but the sign-in is not complete: it does not count, failures before it still do.
    pub(crate) fn forgive(&self, login: &str, address: IpAddr, now: Instant) {
        let keys = Keys::new(login, address);
        let mut state = self.lock();
        state.addresses.entry(keys.address, now).give(ADDRESS, now);
        state.logins.entry(keys.login, now).failures.give(LOGIN, now);
        let pair = state.pairs.entry(keys.pair, now);
        pair.failures = pair.failures.saturating_sub(1);
        pair.until = None;
    }

    /// Somebody signed in: the address is known for this login, and its failures are forgotten.
    pub(crate) fn succeed(&self, what: Try, login: &str, address: IpAddr, now: Instant) {
        self.forgive(login, address, now);
        let keys = Keys::new(login, address);
        let mut state = self.lock();
        if what == Try::Code {
            state.logins.entry(keys.login, now).codes.give(CODES, now);
        }
        *state.pairs.entry(keys.pair, now) = Pair { known: true, last: Some(now), ..Pair::default() };
    }

    /// Counts something that anybody can ask for, against their address only.
    ///
    /// # Errors
    /// It has to wait.
    pub(crate) fn ask(&self, address: IpAddr, now: Instant) -> Result<(), Denied> {
        let key = Keys::new("", address).address;
        let mut state = self.lock();
        let from = state.addresses.entry(key, now);
        match from.wait(ADDRESS, now) {
            Some(wait) => Err(Denied { wait_seconds: seconds(wait), tell: false }),
            None => {
                from.take(ADDRESS, now);
                Ok(())
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pair {
    fn forget_old(&mut self, now: Instant) {
        if self.last.is_some_and(|last| now.saturating_duration_since(last) > FORGET) {
            self.failures = 0;
            self.until = None;
        }
    }

    fn fail(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        self.last = Some(now);
        if let Some(doublings) = self.failures.checked_sub(FREE_FAILURES) {
            let wait = 1_u64.checked_shl(doublings).unwrap_or(WAIT_MAX_SECONDS).clamp(1, WAIT_MAX_SECONDS);
            self.until = Some(now + Duration::from_secs(wait));
        }
    }
}

impl Login {
    fn tell(&mut self, now: Instant) -> bool {
        let due = self.told.is_none_or(|told| now.saturating_duration_since(told) >= TELL_EVERY);
        if due {
            self.told = Some(now);
        }
        due
    }
}

/// So many at once, and one more after each while.
#[derive(Clone, Copy)]
struct Rate {
    most: f64,
    each: Duration,
}

/// How much of a rate is used up.
#[derive(Default)]
struct Bucket {
    used: f64,
    at: Option<Instant>,
}

impl Bucket {
    fn refill(&mut self, rate: Rate, now: Instant) {
        let passed = self.at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.used = (self.used - passed.as_secs_f64() / rate.each.as_secs_f64()).max(0.0);
        self.at = Some(now);
    }

    fn wait(&mut self, rate: Rate, now: Instant) -> Option<Duration> {
        self.refill(rate, now);
        let over = self.used + 1.0 - rate.most;
        (over > 1e-9).then(|| rate.each.mul_f64(over))
    }

    fn take(&mut self, rate: Rate, now: Instant) {
        self.refill(rate, now);
        self.used += 1.0;
    }

    fn give(&mut self, rate: Rate, now: Instant) {
        self.refill(rate, now);
        self.used = (self.used - 1.0).max(0.0);
    }
}

type Key = [u8; 32];

struct Keys {
    pair: Key,
    login: Key,
    address: Key,
}

impl Keys {
    fn new(login: &str, address: IpAddr) -> Keys {
        let login = login.to_lowercase();
        let from = network(address);
        Keys {
            pair: secret::sha256_of(&["pair", &login, &from]),
            login: secret::sha256_of(&["login", &login]),
            address: secret::sha256_of(&["address", &from]),
        }
    }
}

/// An IPv4 address, or the /64 of an IPv6 address: one customer gets all of it.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

/// A map that forgets what was not used for longest when it is full.
struct Bounded<V> {
    entries: HashMap<Key, (V, Instant)>,
}

impl<V> Default for Bounded<V> {
    fn default() -> Bounded<V> {
        Bounded { entries: HashMap::new() }
    }
}

impl<V: Default> Bounded<V> {
    fn entry(&mut self, key: Key, now: Instant) -> &mut V {
        if self.entries.len() >= ENTRIES_MAX && !self.entries.contains_key(&key) {
            self.evict();
        }
        let (value, used) = self.entries.entry(key).or_insert_with(|| (V::default(), now));
        *used = now;
        value
    }

    /// Drops the tenth that was not used for longest.
    fn evict(&mut self) {
        let mut ages: Vec<Instant> = self.entries.values().map(|(_, used)| *used).collect();
        let (_, limit, _) = ages.select_nth_unstable(ENTRIES_MAX / 10);
        let limit = *limit;
        self.entries.retain(|_, (_, used)| *used > limit);
    }
}

fn seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1000).max(1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn other(number: u32) -> IpAddr {
        IpAddr::V4(std::net::Ipv4Addr::from_bits(0xCB00_7100 + number))
    }

    fn first(throttle: &Throttle, login: &str, address: IpAddr, now: Instant) -> Result<(), u64> {
        throttle.begin(Try::First, login, address, now).map_err(|denied| denied.wait_seconds)
    }

    #[tokio::test]
    async fn five_are_free_then_the_wait_doubles_to_five_minutes() {
        let throttle = Throttle::default();
        let mut now = Instant::now();
        for _ in 0..5 {
            assert_eq!(first(&throttle, "alice", HOME, now), Ok(()));
        }
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            assert_eq!(first(&throttle, "Alice", HOME, now), Err(wait));
            now += Duration::from_secs(wait);
            assert_eq!(first(&throttle, "alice", HOME, now), Ok(()), "after {wait} s");
        }
    }

    #[tokio::test]
    async fn success_forgets_but_half_a_success_does_not() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for _ in 0..5 {
            let _ = first(&throttle, "alice", HOME, now);
        }
        let later = now + Duration::from_secs(1);
        assert_eq!(first(&throttle, "alice", HOME, later), Ok(()));
        throttle.forgive("alice", HOME, later);
        assert!(throttle.begin(Try::Code, "alice", HOME, later).is_ok());
        assert_eq!(first(&throttle, "alice", HOME, later), Err(2));
        throttle.succeed(Try::Code, "alice", HOME, later);
        for _ in 0..5 {
            assert_eq!(first(&throttle, "alice", HOME, later), Ok(()));
        }
    }

    #[tokio::test]
    async fn strangers_cannot_lock_out_a_known_address() {
        let throttle = Throttle::default();
        let now = Instant::now();
        assert_eq!(first(&throttle, "alice", HOME, now), Ok(()));
        throttle.succeed(Try::First, "alice", HOME, now);
        let denied = (0..1000).filter(|number| first(&throttle, "alice", other(*number), now).is_err()).count();
        assert_eq!(denied, 970);
        assert_eq!(first(&throttle, "alice", HOME, now), Ok(()));
        assert_eq!(first(&throttle, "bob", other(0), now), Ok(()));
    }

    #[tokio::test]
    async fn codes_are_limited_from_everywhere() {
        let throttle = Throttle::default();
        let now = Instant::now();
        let passed = (0..100).filter(|n| throttle.begin(Try::Code, "alice", other(*n), now).is_ok()).count();
        assert_eq!(passed, 10);
    }

    #[tokio::test]
    async fn an_address_gets_fifty_a_minute() {
        let throttle = Throttle::default();
        let mut now = Instant::now();
        let logins = |n: u32, now| first(&throttle, &format!("user{n}"), HOME, now).is_ok();
        assert_eq!((0..200).filter(|n| logins(*n, now)).count(), 50);
        now += Duration::from_secs(60);
        assert_eq!((200..400).filter(|n| logins(*n, now)).count(), 50);
        assert!(throttle.ask(HOME, now).is_err());
    }

    #[tokio::test]
    async fn the_ledger_hears_once_in_ten_minutes() {
        let throttle = Throttle::default();
        let mut now = Instant::now();
        for _ in 0..5 {
            let _ = first(&throttle, "alice", HOME, now);
        }
        let tell = |now| throttle.begin(Try::First, "alice", HOME, now).map_err(|denied| denied.tell);
        assert_eq!(tell(now), Err(true));
        assert_eq!(tell(now), Err(false));
        now += Duration::from_secs(1);
        assert_eq!(tell(now), Ok(()));
        assert_eq!(tell(now), Err(false));
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for number in 0..25_000 {
            let tick = now + Duration::from_millis(u64::from(number));
            let _ = first(&throttle, &format!("user{number}"), other(number), tick);
        }
        let state = throttle.lock();
        assert!(state.pairs.entries.len() <= ENTRIES_MAX && state.logins.entries.len() <= ENTRIES_MAX);
        assert!(state.addresses.entries.len() <= ENTRIES_MAX);
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
