//! Cookies and limits of sessions. The cookie holds a random secret and nothing else; the store has its hash.

use axum::http::{HeaderMap, HeaderValue, header};
use quell_model::Timestamp;
use quell_store::SessionRow;

use super::settings::AccessSettings;

/// Seconds between two notes that a session is in use.
const TOUCH_SECONDS: i64 = 60;
/// Seconds in which a session counts as fresh: whoever has it showed who they are a moment ago.
const FRESH_SECONDS: i64 = 600;

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// Somebody signed in.
    Session,
    /// A sign-in that waits for its second factor, or for the answer of a passkey. Grants nothing.
    Pending,
    /// A sign-in at the OpenID Connect provider. It comes back from another site, so this one cookie is `Lax`.
    Oidc,
}

impl Cookie {
    fn name(self) -> &'static str {
        match self {
            Cookie::Session => "quell_session",
            Cookie::Pending => "quell_pending",
            Cookie::Oidc => "quell_oidc",
        }
    }

    fn same_site(self) -> &'static str {
        if self == Cookie::Oidc { "Lax" } else { "Strict" }
    }
}

/// Writes and reads cookies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cookies {
    /// Whether browsers come by https: then the cookie goes nowhere else and is bound to this host.
    pub(crate) secure: bool,
}

impl Cookies {
    pub(crate) fn new(settings: &AccessSettings) -> Cookies {
        let https = settings.public_origin.as_ref().is_some_and(|origin| origin.starts_with("https://"));
        Cookies { secure: settings.tls || https }
    }

    /// The header that sets a cookie.
    pub(crate) fn set(self, cookie: Cookie, secret: &str, seconds: i64) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!(
            "{}={secret}; Path=/; HttpOnly; SameSite={}; Max-Age={seconds}{secure}",
            self.name(cookie),
            cookie.same_site()
        );
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The header that removes a cookie.
    pub(crate) fn clear(self, cookie: Cookie) -> Option<HeaderValue> {
        self.set(cookie, "", 0)
    }

    /// The value of a cookie; none if it is there twice, because then one of them is not ours.
    pub(crate) fn read(self, cookie: Cookie, headers: &HeaderMap) -> Option<&str> {
        let name = self.name(cookie);
        let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
        let value = values.next().filter(|value| !value.is_empty())?;
        values.next().is_none().then_some(value)
    }

    fn name(self, cookie: Cookie) -> String {
        format!("{}{}", if self.secure { "__Host-" } else { "" }, cookie.name())
    }
}

/// A moment so many seconds later.
pub(crate) fn later(at: Timestamp, seconds: i64) -> Timestamp {
    let micros = at.as_microsecond().saturating_add(seconds.saturating_mul(1_000_000));
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}

/// Whether a session still holds.
pub(crate) fn holds(session: &SessionRow, now: Timestamp, idle_seconds: i64) -> bool {
    now < session.expires_at && now < later(session.used_at, idle_seconds)
}

/// Whether it is time to note that a session or token is in use.
pub(crate) fn touch_due(used_at: Option<Timestamp>, now: Timestamp) -> bool {
    used_at.is_none_or(|used_at| now >= later(used_at, TOUCH_SECONDS))
}

/// Whether the one who has the session showed who they are a moment ago.
pub(crate) fn is_fresh(session: &SessionRow, now: Timestamp) -> bool {
    now < later(session.created_at, FRESH_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quell_model::{SessionId, UserId};

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, HeaderValue::from_str(line).unwrap())).collect()
    }

    #[test]
    fn cookies_are_closed() {
        let set = |secure, cookie| {
            let value = Cookies { secure }.set(cookie, "s", 60).unwrap();
            assert!(value.is_sensitive());
            value.to_str().unwrap().to_owned()
        };
        let plain = "quell_session=s; Path=/; HttpOnly; SameSite=Strict; Max-Age=60";
        assert_eq!(set(false, Cookie::Session), plain);
        assert_eq!(set(true, Cookie::Session), format!("__Host-{plain}; Secure"));
        assert!(set(true, Cookie::Pending).contains("SameSite=Strict"));
        assert!(set(true, Cookie::Oidc).contains("SameSite=Lax"));
        assert!(Cookies { secure: true }.clear(Cookie::Session).unwrap().to_str().unwrap().contains("=; Path=/;"));
    }

    #[test]
    fn reads_only_its_own_cookie() {
        let read = |secure, lines: &[&str]| {
            let headers = headers(lines);
            Cookies { secure }.read(Cookie::Session, &headers).map(str::to_owned)
        };
        assert_eq!(read(false, &["a=b; quell_session=x"]).as_deref(), Some("x"));
        assert_eq!(read(true, &["quell_session=x"]), None);
        assert_eq!(read(true, &["__Host-quell_session=y; quell_session=x"]).as_deref(), Some("y"));
        assert_eq!(read(false, &["quell_session=x; quell_session=y"]), None);
        assert_eq!(read(false, &["quell_session=x", "quell_session=y"]), None);
        assert_eq!(read(false, &["quell_session="]), None);
    }

    #[test]
    fn sessions_end_by_age_and_by_rest() {
        let at = Timestamp::UNIX_EPOCH;
        let session = SessionRow {
            id: SessionId::new("ses-1"),
            secret_hash: [0; 32],
            user: UserId::new("usr-1"),
            created_at: at,
            used_at: later(at, 1000),
            expires_at: later(at, 5000),
            method: String::new(),
            address: String::new(),
            agent: String::new(),
        };
        assert!(holds(&session, later(at, 1999), 1000) && !holds(&session, later(at, 2000), 1000));
        assert!(holds(&session, later(at, 4999), 9000) && !holds(&session, later(at, 5000), 9000));
        assert!(is_fresh(&session, later(at, 599)) && !is_fresh(&session, later(at, 600)));
        assert!(!touch_due(Some(at), later(at, 59)) && touch_due(Some(at), later(at, 60)) && touch_due(None, at));
    }
}
