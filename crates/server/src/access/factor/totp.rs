//! Time-based one-time passwords, RFC 6238: six digits, 30 seconds, SHA-1, which is what all apps understand.

use quell_model::Timestamp;
use totp_rs::Builder;

/// Bytes of a secret.
pub(crate) const SECRET_BYTES: usize = 20;
const STEP_SECONDS: u64 = 30;

/// The codes of one secret. Never printed.
pub(crate) struct Totp(totp_rs::Totp);

impl Totp {
    /// The codes of a secret, for an account.
    ///
    /// # Errors
    /// The secret or the name cannot be used.
    pub(crate) fn new(secret: &[u8], login: &str) -> Result<Totp, String> {
        let name = login.replace(':', "_");
        let builder = Builder::new().with_secret(secret.to_vec()).with_skew(1).with_step_duration(STEP_SECONDS);
        let totp = builder.with_account_name(name).with_issuer(Some("Quell")).build();
        totp.map(Totp).map_err(|error| error.to_string())
    }

    /// The step for which a code is right, now or one step before or after.
    pub(crate) fn step(&self, code: &str, now: Timestamp) -> Option<i64> {
        let seconds = u64::try_from(now.as_second()).ok()?;
        self.0.check(code, seconds).and_then(|step| i64::try_from(step).ok())
    }

    /// What an app shows.
    #[cfg(test)]
    pub(crate) fn code(&self, now: Timestamp) -> String {
        self.0.generate(now.as_second() as u64).to_string()
    }

    /// The secret as people type it.
    pub(crate) fn base32(&self) -> String {
        self.0.secret().to_base32()
    }

    /// The secret as apps scan it.
    ///
    /// # Errors
    /// The name cannot be written.
    pub(crate) fn uri(&self) -> Result<String, String> {
        self.0.to_url().map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard() {
        // RFC 6238, appendix B, the last six of eight digits.
        let totp = Totp::new(b"12345678901234567890", "alice").unwrap();
        let vectors = [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")];
        for (second, code) in vectors {
            let at = |second| Timestamp::from_second(second).unwrap();
            assert_eq!(totp.step(code, at(second)), Some(second / 30), "{code}");
            assert_eq!(totp.step(code, at(second + 30)), Some(second / 30));
            assert_eq!(totp.step(code, at(second + 90)), None);
        }
        for code in ["", "28708", "2870822", "+28708", "28708x"] {
            assert_eq!(totp.step(code, Timestamp::from_second(59).unwrap()), None);
        }
    }

    #[test]
    fn names_itself_to_apps() {
        let totp = Totp::new(b"12345678901234567890", "alice:x").unwrap();
        let uri = totp.uri().unwrap();
        assert!(uri.starts_with("otpauth://totp/"), "{uri}");
        assert!(uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") && uri.contains("issuer=Quell"), "{uri}");
    }
}
