//! Access as a whole, on a real store: what must not be possible, and what must.

mod authenticator;
mod enter;
mod factors;
mod http;
mod mock_provider;
mod passkeys;
mod people;
mod provider;
mod tokens;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderValue, header};
use quell_model::ports::Clock;
use quell_model::{LedgerEntry, Role, UserId};
use quell_store::{LedgerQuery, Location, Signer, Store};

use super::testing::{Counting, Standing, keyring};
use super::{AccessParts, AccessSettings, Desk, Entered, FirstUser, NewUser, OidcSettings, Visit};
use crate::http::{ApiError, Caller};

/// A good password.
const PASSWORD: &str = "correct horse battery";
/// Another one.
const OTHER: &str = "löwenzahn wiese blau 7";

/// A desk on a store of its own.
struct Bench {
    desk: Desk,
    store: Store,
    clock: Arc<Standing>,
    folder: PathBuf,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Bench {
    async fn new() -> Bench {
        Bench::with(None).await
    }

    async fn with(oidc: Option<OidcSettings>) -> Bench {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("quell-access-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        let clock = Arc::new(Standing::new());
        let signer = Signer::from_seed(&[7; 32]);
        let store = Store::open(&Location::Folder(folder.clone()), signer, clock.now()).await.unwrap();
        let settings = AccessSettings { oidc, ..AccessSettings::default() };
        let random = Arc::new(Counting::default());
        let clock_port: Arc<dyn Clock> = Arc::<Standing>::clone(&clock);
        let parts = AccessParts { store: store.clone(), clock: clock_port, random, settings, keyring: keyring() };
        Bench { desk: Desk::new(parts).unwrap(), store, clock, folder }
    }

    /// The first administrator, signed in.
    async fn admin(&self) -> Browser {
        let secret = self.desk.make_setup_link().await.unwrap();
        let mut browser = Browser::new(1);
        let visit = browser.visit(self);
        let entered = self.desk.set_up(&visit, &secret, first_user(PASSWORD)).await.unwrap();
        browser.take(&entered);
        browser
    }

    /// A user with a password.
    async fn user(&self, admin: &Caller, login: &str, role: Role) -> UserId {
        let (user, secret) = self.desk.create_user(admin, new_user(login, role)).await.unwrap();
        let visit = Browser::new(200).visit(self);
        self.desk.accept(&visit, &secret, PASSWORD.to_owned()).await.unwrap();
        user.id
    }

    async fn caller(&self, browser: &Browser) -> Option<Caller> {
        self.desk.authenticate(&browser.headers(), browser.address).await.unwrap()
    }

    async fn bearer(&self, token: &str) -> Result<Caller, ApiError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
        self.desk.authenticate(&headers, address(9)).await.map(Option::unwrap)
    }

    async fn ledger(&self) -> Vec<LedgerEntry> {
        let query = LedgerQuery { limit: 1000, ..LedgerQuery::default() };
        self.store.entries(&query).await.unwrap()
    }

    async fn kinds(&self, user: &UserId) -> Vec<String> {
        let stream = self.store.stream(&format!("user/{user}"), None).await.unwrap();
        stream.into_iter().map(|entry| entry.kind).collect()
    }

    async fn sign_in(&self, browser: &mut Browser, login: &str, password: &str) -> Result<Entered, ApiError> {
        let visit = browser.visit(self);
        let entered = self.desk.sign_in(&visit, login, password.to_owned()).await?;
        browser.take(&entered);
        Ok(entered)
    }
}

/// Cookies and an address.
struct Browser {
    jar: BTreeMap<String, String>,
    address: IpAddr,
}

impl Browser {
    fn new(number: u8) -> Browser {
        Browser { jar: BTreeMap::new(), address: address(number) }
    }

    fn headers(&self) -> HeaderMap {
        let line: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(&line.join("; ")).unwrap());
        headers.insert(header::USER_AGENT, HeaderValue::from_static("test"));
        headers
    }

    fn visit(&self, bench: &Bench) -> Visit {
        Visit::new(&self.headers(), self.address, bench.desk.cookies())
    }

    fn take(&mut self, entered: &Entered) {
        let (Entered::In { cookies, .. } | Entered::Second { cookies, .. }) = entered;
        self.take_cookies(cookies);
    }

    fn take_cookies<'a>(&mut self, cookies: impl IntoIterator<Item = &'a HeaderValue>) {
        for cookie in cookies {
            let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.jar.insert(name.to_owned(), value.to_owned());
        }
    }

    fn session(&self) -> &str {
        self.jar.get("quell_session").map(String::as_str).unwrap_or_default()
    }
}

fn address(number: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, number))
}

fn new_user(login: &str, role: Role) -> NewUser {
    NewUser { login: login.to_owned(), display_name: login.to_owned(), role, teams: Default::default() }
}

fn first_user(password: &str) -> FirstUser {
    FirstUser { login: "admin".to_owned(), display_name: "Admin".to_owned(), password: password.to_owned() }
}

/// Status and text of a refusal.
fn told<T>(result: Result<T, ApiError>) -> (u16, String) {
    match result {
        Ok(_) => (200, String::new()),
        Err(error) => (error.status().as_u16(), error.to_string()),
    }
}

fn is_in(entered: &Entered) -> bool {
    matches!(entered, Entered::In { .. })
}
