//! Passwords: which are good enough, how they are kept (argon2id as PHC strings), how they are compared.
//!
//! Hashing costs memory and time on purpose, so only two run at once and never on a thread that serves requests. A login that
//! is not known costs the same time as one that is.

use std::sync::Arc;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use quell_model::ports::Random;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::secret;
use crate::http::ApiError;

/// Shortest password, in characters.
pub(crate) const CHARACTERS_MIN: usize = 12;
/// Longest password, in characters.
pub(crate) const CHARACTERS_MAX: usize = 1024;
/// Characters that must remain when the login name and the name of the product are taken away.
const REMAINING_MIN: usize = 8;
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const AT_ONCE: usize = 2;
const WAIT: Duration = Duration::from_secs(10);
/// What unknown logins are compared with: the same cost as a real one. No password is known for it, and a match counts for
/// nothing.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IG5vYm9keQ$6Kd6cbmJ5XWqvTMUZcV5bWD7F2Sb0f5D0wCkY5cJv0g";

/// Hashes and compares passwords.
#[derive(Clone)]
pub(crate) struct Passwords {
    random: Arc<dyn Random>,
    places: Arc<Semaphore>,
    /// How many passwords were compared, so that tests see that unknown logins cost the same.
    #[cfg(test)]
    pub(crate) compared: Arc<std::sync::atomic::AtomicU64>,
}

impl Passwords {
    pub(crate) fn new(random: Arc<dyn Random>) -> Passwords {
        Passwords {
            random,
            places: Arc::new(Semaphore::new(AT_ONCE)),
            #[cfg(test)]
            compared: Arc::default(),
        }
    }

    /// The PHC string of a new password.
    ///
    /// # Errors
    /// Too many others wait.
    pub(crate) async fn hash(&self, password: String) -> Result<String, ApiError> {
        let salt: [u8; 16] = secret::bytes(&*self.random);
        let place = self.place().await?;
        let work = tokio::task::spawn_blocking(move || {
            let _place = place;
            let hash = argon()?.hash_password_with_salt(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(|error| error.to_string())
        });
        work.await.map_err(|error| error.to_string()).and_then(|hash| hash).map_err(ApiError::Internal)
    }

    /// Whether a password is the one of this PHC string. Without a string it is not, after the same time.
    ///
    /// # Errors
    /// Too many others wait, or the string cannot be read.
    pub(crate) async fn matches(&self, password: String, phc: Option<String>) -> Result<bool, ApiError> {
        let place = self.place().await?;
        #[cfg(test)]
        self.compared.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let work = tokio::task::spawn_blocking(move || {
            let _place = place;
            let hash = PasswordHash::new(phc.as_deref().unwrap_or(NOBODY)).map_err(|error| error.to_string())?;
            let equal = argon()?.verify_password(password.as_bytes(), &hash).is_ok();
            Ok(equal && phc.is_some())
        });
        work.await.map_err(|error| error.to_string()).and_then(|equal| equal).map_err(ApiError::Internal)
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let busy = || ApiError::Unavailable("too many sign in at the moment; try again".to_owned());
        let place = tokio::time::timeout(WAIT, Arc::clone(&self.places).acquire_owned()).await;
        place.map_err(|_| busy())?.map_err(|_| busy())
    }
}

fn argon() -> Result<Argon2<'static>, String> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|error| error.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Whether a password is good enough for this login.
///
/// # Errors
/// It is not; the text says why.
pub(crate) fn check(password: &str, login: &str) -> Result<(), ApiError> {
    let no = |why: &str| Err(ApiError::Unprocessable(format!("choose another password: {why}")));
    let characters = password.chars().count();
    if !(CHARACTERS_MIN..=CHARACTERS_MAX).contains(&characters) {
        return no(&format!("it must have from {CHARACTERS_MIN} to {CHARACTERS_MAX} characters"));
    }
    let lower = password.to_lowercase();
    let mut letters = lower.chars();
    let first = letters.next();
    if letters.all(|letter| Some(letter) == first) {
        return no("it repeats one character");
    }
    if remaining(&lower, &login.to_lowercase()) < REMAINING_MIN {
        return no("it is made of the login name or the name of this product");
    }
    if is_common(&lower) {
        return no("it is one of those that are tried first");
    }
    Ok(())
}

/// Characters without login and product name.
fn remaining(lower: &str, login: &str) -> usize {
    let without = lower.replace("quell", "");
    let without = if login.chars().count() < 3 { without } else { without.replace(login, "") };
    without.chars().count()
}

/// Words that people build long passwords from. Together with the patterns below they stand for far more than the two
/// hundred most common ones.
const WORDS: [&str; 62] = [
    "password",
    "passwort",
    "passw",
    "motdepasse",
    "contrasena",
    "secret",
    "geheim",
    "changeme",
    "change",
    "letmein",
    "welcome",
    "willkommen",
    "hello",
    "hallo",
    "login",
    "admin",
    "administrator",
    "root",
    "user",
    "guest",
    "test",
    "testing",
    "default",
    "temp",
    "temporary",
    "master",
    "access",
    "security",
    "secure",
    "incident",
    "response",
    "responder",
    "server",
    "system",
    "network",
    "company",
    "office",
    "iloveyou",
    "iloveu",
    "love",
    "sunshine",
    "princess",
    "dragon",
    "monkey",
    "football",
    "baseball",
    "superman",
    "batman",
    "pokemon",
    "starwars",
    "spring",
    "summer",
    "autumn",
    "fall",
    "winter",
    "monday",
    "friday",
    "january",
    "this",
    "is",
    "my",
    "the",
];

/// Rows of keyboards and other things to run a finger along.
const RUNS: [&str; 9] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn",
    "qazwsxedcrfvtgbyhnujm",
    "zaq12wsxcde34rfvbgt56yhn",
];
/// Shortest piece of a run that counts as one.
const RUN_MIN: usize = 4;

/// Whether a password, in lower case, is nothing but common words, runs, repeats and digits.
fn is_common(lower: &str) -> bool {
    let plain: String = lower.chars().filter(|letter| letter.is_alphanumeric()).collect();
    if plain.is_empty() || period(&plain) <= 4 {
        return true;
    }
    let spoken: String = plain.chars().map(unmasked).collect();
    is_built(&plain) || is_built(&spoken)
}

/// Length of the piece whose repetition gives the text.
fn period(text: &str) -> usize {
    let letters: Vec<char> = text.chars().collect();
    (1..=letters.len())
        .find(|length| letters.iter().zip(letters.iter().skip(*length)).all(|(a, b)| a == b))
        .unwrap_or(0)
}

/// The letter that a digit or sign stands for in `p4ssw0rd`.
fn unmasked(letter: char) -> char {
    match letter {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        other => other,
    }
}

/// Whether the text is a row of known words and runs, and few other characters.
fn is_built(text: &str) -> bool {
    let mut rest = text;
    let mut other = 0;
    while !rest.is_empty() {
        let known = WORDS.iter().filter(|word| rest.starts_with(**word)).map(|word| word.len()).max();
        let bytes = known.or_else(|| run(rest)).unwrap_or(0);
        if bytes == 0 {
            let digit = rest.starts_with(|letter: char| letter.is_ascii_digit());
            other += usize::from(!digit);
            rest = rest.chars().next().map_or("", |letter| &rest[letter.len_utf8()..]);
        } else {
            rest = &rest[bytes..];
        }
    }
    other <= 2
}

/// Bytes at the start that follow a run, in either direction.
fn run(text: &str) -> Option<usize> {
    let ascii = text.bytes().take_while(u8::is_ascii).count().min(32);
    (RUN_MIN..=ascii).rev().find(|length| {
        let piece = &text[..*length];
        let back: String = piece.chars().rev().collect();
        RUNS.iter().any(|run| run.contains(piece) || run.contains(&back))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::testing::Counting;

    #[test]
    fn says_which_passwords_are_good_enough() {
        let bad = [
            "short",
            "aaaaaaaaaaaaaaaa",
            "quellquellquell",
            "alice.smith123",
            "Password1234!",
            "P4ssw0rd2026!!",
            "qwertyuiop123",
            "123456789012",
            "987654321098",
            "abcdefghijkl",
            "WelcomeSummer2026",
            "changeme!changeme!",
            "1qaz2wsx3edc",
            "abcabcabcabc",
            "iloveyou123456",
            "thisismypassword",
            "letmein-letmein",
            "!!!!!!!!!!!!!",
        ];
        for password in bad {
            assert!(check(password, "alice.smith").is_err(), "{password}");
        }
        assert!(check(&"xy".repeat(600), "a").is_err());
        for password in ["correct horse battery", "tr0ub4dor&3-zebra", "löwenzahn wiese blau", "4kf9-vmq2-xx81"] {
            assert!(check(password, "alice.smith").is_ok(), "{password}");
        }
    }

    #[tokio::test]
    async fn only_the_right_one_matches() {
        let passwords = Passwords::new(Arc::new(Counting::default()));
        let phc = passwords.hash("correct horse battery".to_owned()).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(passwords.matches("correct horse battery".to_owned(), Some(phc.clone())).await.unwrap());
        assert!(!passwords.matches("correct horse batterz".to_owned(), Some(phc)).await.unwrap());
        assert!(!passwords.matches("correct horse battery".to_owned(), None).await.unwrap());
    }
}
