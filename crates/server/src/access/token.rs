//! API tokens: `qll_`, 16 hex digits of the id, `_`, 43 characters of secret, 8 hex digits of checksum. The checksum lets
//! scanners tell a token from other text and spares the store a look for mistyped ones; it proves nothing.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quell_model::TokenId;
use quell_model::ports::Random;

use super::secret;

const PREFIX: &str = "qll_";
const ID_HEX: usize = 16;
const SECRET_CHARACTERS: usize = 43;
const CHECK_HEX: usize = 8;
/// No header that holds a token is longer.
const HEADER_BYTES_MAX: usize = 1024;

/// Makes a token: its id, and the text that its owner sees once.
pub(crate) fn make(random: &dyn Random) -> (TokenId, String) {
    let id = quell_model::hex::encode(&secret::bytes::<{ ID_HEX / 2 }>(random));
    let body = format!("{PREFIX}{id}_{}", secret::text(random));
    let text = format!("{body}{}", checksum(&body));
    (TokenId::new(format!("tok-{id}")), text)
}

/// The hash under which the store knows a token; none if the text cannot be one.
pub(crate) fn hash(text: &str) -> Option<[u8; 32]> {
    let (id, rest) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let is_id = id.len() == ID_HEX && id.bytes().all(is_hex);
    let is_secret = rest.len() == SECRET_CHARACTERS + CHECK_HEX
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !is_id || !is_secret {
        return None;
    }
    let (body, check) = text.split_at_checked(text.len() - CHECK_HEX)?;
    (check == checksum(body)).then(|| secret::sha256(text.as_bytes()))
}

/// What an `Authorization` header holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shown {
    /// There is none.
    Nothing,
    /// A token in one of the forms that senders of logs use.
    Token(String),
    /// Something else, or more than one.
    Unknown,
}

/// Reads `Bearer`, `Splunk`, `ApiKey` (the token, or base64 of `id:token`) and `Basic` (the token is the password).
pub(crate) fn shown(headers: &HeaderMap) -> Shown {
    let mut values = headers.get_all(header::AUTHORIZATION).into_iter();
    let Some(value) = values.next() else { return Shown::Nothing };
    if values.next().is_some() || value.len() > HEADER_BYTES_MAX {
        return Shown::Unknown;
    }
    value.to_str().ok().and_then(token_of).map_or(Shown::Unknown, Shown::Token)
}

fn token_of(value: &str) -> Option<String> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    let rest = rest.trim();
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "splunk" => Some(rest.to_owned()),
        "apikey" if rest.starts_with(PREFIX) => Some(rest.to_owned()),
        "apikey" | "basic" => {
            let pair = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
            pair.split_once(':').map(|(_, token)| token.to_owned())
        }
        _ => None,
    }
}

fn checksum(body: &str) -> String {
    let hash = secret::sha256(body.as_bytes());
    quell_model::hex::encode(hash.get(..CHECK_HEX / 2).unwrap_or_default())
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::testing::Counting;
    use axum::http::HeaderValue;

    #[test]
    fn tokens_have_a_form_and_a_checksum() {
        let (id, text) = make(&Counting::default());
        assert_eq!(text.len(), 4 + 16 + 1 + 43 + 8);
        assert_eq!(format!("qll_{}", &id.as_str()[4..]), text[..20]);
        assert!(hash(&text).is_some());
        for index in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[index] = if changed[index] == b'0' { b'1' } else { b'0' };
            assert_eq!(hash(&String::from_utf8(changed).unwrap()), None, "at {index}");
        }
        for other in ["", "qll_", "qll__", "qll_é_", &text[..text.len() - 1], &format!("{text}0")] {
            assert_eq!(hash(other), None, "{other}");
        }
    }

    #[test]
    fn reads_the_forms_that_senders_use() {
        let (_, token) = make(&Counting::default());
        let pair = STANDARD.encode(format!("id:{token}"));
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            shown(&headers)
        };
        let good = ["Bearer {t}", "bearer  {t}", "Splunk {t}", "ApiKey {t}", "ApiKey {p}", "Basic {p}"];
        for form in good {
            let value = form.replace("{t}", &token).replace("{p}", &pair);
            assert_eq!(read(&value), Shown::Token(token.clone()), "{form}");
        }
        for bad in ["Bearer", "Digest x", "Basic !!!", "Basic eA==", &"x".repeat(2000)] {
            assert_eq!(read(bad), Shown::Unknown, "{bad}");
        }
        assert_eq!(shown(&HeaderMap::new()), Shown::Nothing);
        let mut twice = HeaderMap::new();
        twice.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer a"));
        twice.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer b"));
        assert_eq!(shown(&twice), Shown::Unknown);
    }
}
