//! Signatures of playbooks: made and checked (CACAO v2.0 section 10.15 and appendix A; JSON Signature Scheme over RFC 8785).
//!
//! What is signed is the hash of the canonical document as lower-case hexadecimal text, with all other signatures taken out and the
//! own one in place but for its value. The published examples of both standards do it so; a signature over the raw hash is
//! reported as what it is, and never as valid. An algorithm that is not known here makes no signature valid either.

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use quell_model::{Timestamp, hex};
use ring::signature::{self, Ed25519KeyPair, KeyPair, UnparsedPublicKey, VerificationAlgorithm};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::Document;

/// Bytes that stand before an Ed25519 key in its `SubjectPublicKeyInfo` (RFC 8410 section 4).
const ED25519_INFO: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A signature of a document, looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Its id.
    pub id: String,
    /// Who made it, as it says itself.
    pub signee: String,
    /// Its algorithm.
    pub algorithm: String,
    /// What it is worth.
    pub worth: Worth,
}

/// What a signature is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worth {
    /// It fits the document, was made with a key that is trusted, and holds now.
    Trusted,
    /// It fits the document; nobody said that its key is trusted.
    Unknown,
    /// It does not fit: the document was changed, or it is of another one.
    Broken(&'static str),
    /// It does not hold now.
    Over(&'static str),
    /// Nothing here can check it.
    Unsupported(String),
}

/// Why a document cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The key is none.
    #[error("the key is no Ed25519 private key in PKCS#8; `openssl genpkey -algorithm ed25519` makes one")]
    Key,
}

/// Looks at every signature of a document. `trusted` are public keys as `SubjectPublicKeyInfo` in DER.
#[must_use]
pub fn signatures(document: &Document, now: Timestamp, trusted: &[Vec<u8>]) -> Vec<Signed> {
    let all = document.members().get("signatures").and_then(Value::as_array);
    all.into_iter().flatten().map(|one| signed(document, one, now, trusted)).collect()
}

/// The document with one more signature, made with an Ed25519 key in PKCS#8. `id` is the UUID of the signature.
///
/// # Errors
/// The key is none.
pub fn sign(
    document: &Document,
    pkcs8: &[u8],
    (id, signee): (&str, &str),
    now: Timestamp,
) -> Result<Document, SignError> {
    let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(|_| SignError::Key)?;
    let info = [&ED25519_INFO, key.public_key().as_ref()].concat();
    let at = now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    let mut one = json!({
        "type": "jss",
        "id": format!("jss--{id}"),
        "created": at,
        "modified": at,
        "signee": signee,
        "related_to": document.text("id"),
        "related_version": document.text("modified"),
        "hash_algorithm": "sha-256",
        "algorithm": "Ed25519",
        "public_key": base64::engine::general_purpose::STANDARD.encode(info),
    });
    let mut members = document.members().clone();
    // A document that says what is in it says this, too; one that does not is not made to.
    if let Some(summary) = members.get_mut("playbook_processing_summary").and_then(Value::as_object_mut) {
        summary.insert("digital_signatures".to_owned(), json!(true));
    }
    let digest = Sha256::digest(canonical(&members, &one));
    one["value"] = json!(URL_SAFE_NO_PAD.encode(key.sign(hex::encode(&digest).as_bytes())));
    let signatures = members.entry("signatures").or_insert_with(|| json!([]));
    match signatures.as_array_mut() {
        Some(all) => all.push(one),
        None => *signatures = json!([one]),
    }
    Document::of(Value::Object(members)).map_err(|_| SignError::Key)
}

fn signed(document: &Document, one: &Value, now: Timestamp, trusted: &[Vec<u8>]) -> Signed {
    let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
    Signed {
        id: text("id"),
        signee: text("signee"),
        algorithm: text("algorithm"),
        worth: worth(document, one, now, trusted),
    }
}

fn worth(document: &Document, one: &Value, now: Timestamp, trusted: &[Vec<u8>]) -> Worth {
    let text = |name: &str| one[name].as_str().unwrap_or_default();
    let related = |name: &str, member: &str| one[name].as_str().is_none_or(|of| of == document.text(member));
    if !related("related_to", "id") || !related("related_version", "modified") {
        return Worth::Broken("it is of another playbook, or of another version");
    }
    let Some(info) = lenient(text("public_key")).filter(|info| !info.is_empty()) else {
        return Worth::Unsupported(
            "it has no `public_key`; chains, addresses and thumbprints are not followed".to_owned(),
        );
    };
    let Some(algorithm) = algorithm(text("algorithm")) else {
        return Worth::Unsupported(format!("the algorithm {:?} is not known here", text("algorithm")));
    };
    let (Some(key), Ok(value)) = (key_of(&info), URL_SAFE_NO_PAD.decode(text("value"))) else {
        return Worth::Broken("its key or its value is malformed");
    };
    let canonical = canonical(document.members(), one);
    let digest = match text("hash_algorithm") {
        "sha-256" => Sha256::digest(canonical).to_vec(),
        "sha-384" => Sha384::digest(canonical).to_vec(),
        "sha-512" => Sha512::digest(canonical).to_vec(),
        other => return Worth::Unsupported(format!("the hash {other:?} is not known here")),
    };
    let key = UnparsedPublicKey::new(algorithm, key);
    if key.verify(hex::encode(&digest).as_bytes(), &value).is_err() {
        return Worth::Broken(match key.verify(&digest, &value) {
            Ok(()) => "it is over the raw hash; the standard wants the hash as text",
            Err(_) => "the playbook is not what was signed",
        });
    }
    let at = |name: &str| one[name].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    if one["revoked"] == true {
        return Worth::Over("it was revoked");
    }
    if at("valid_from").is_some_and(|from| now < from) || at("valid_until").is_some_and(|until| now >= until) {
        return Worth::Over("it is not valid at this time");
    }
    if trusted.contains(&info) { Worth::Trusted } else { Worth::Unknown }
}

/// What is hashed: the document with this signature alone, without its value and without what signed it later.
fn canonical(members: &Map<String, Value>, one: &Value) -> String {
    let mut own = one.clone();
    if let Some(own) = own.as_object_mut() {
        own.remove("value");
        own.remove("signature");
    }
    let mut members = members.clone();
    members.insert("signatures".to_owned(), json!([own]));
    // Members are plain JSON: there is nothing that could not be written.
    serde_jcs::to_string(&members).unwrap_or_default()
}

fn algorithm(name: &str) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match name {
        "Ed25519" => &signature::ED25519,
        "ES256" => &signature::ECDSA_P256_SHA256_FIXED,
        "ES384" => &signature::ECDSA_P384_SHA384_FIXED,
        "RS256" => &signature::RSA_PKCS1_2048_8192_SHA256,
        "RS384" => &signature::RSA_PKCS1_2048_8192_SHA384,
        "RS512" => &signature::RSA_PKCS1_2048_8192_SHA512,
        "PS256" => &signature::RSA_PSS_2048_8192_SHA256,
        "PS384" => &signature::RSA_PSS_2048_8192_SHA384,
        "PS512" => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

/// The key itself in a `SubjectPublicKeyInfo`: its last part, a bit string (RFC 5280 section 4.1).
fn key_of(info: &[u8]) -> Option<&[u8]> {
    let (outer, rest) = element(info, 0x30)?;
    let (_, bits) = rest.is_empty().then(|| element(outer, 0x30))??;
    let (bits, rest) = element(bits, 0x03)?;
    let (unused, key) = bits.split_first()?;
    (rest.is_empty() && *unused == 0).then_some(key)
}

/// The content of a DER element, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    if *first != tag {
        return None;
    }
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81 => (usize::from(*rest.first()?), &rest[1..]),
        0x82 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), rest.get(2..)?),
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// Base64 with or without its padding: published signatures leave it out.
fn lenient(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&ALPHABET, config).decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PKCS#8 of a key that anybody knows (RFC 8032, section 7.1, test 1).
    const KEY: &str =
        "302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

    fn playbook() -> Document {
        crate::author::from_yaml(
            "id: playbook--signed\nname: Signed\ncreated: \"2026-11-30T00:00:00.000Z\"\nmodified: \"2026-11-30T00:00:00.000Z\"\n\
             workflow_start: start--a\nworkflow: {start--a: {on_completion: end--a}, end--a: {}}\n",
        )
        .expect("a playbook")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn changed(document: &Document, change: impl Fn(&mut Map<String, Value>)) -> Worth {
        let mut members = document.members().clone();
        change(&mut members);
        let document = Document::of(Value::Object(members)).expect("a document");
        signatures(&document, at("2026-11-30T12:00:00Z"), &[]).pop().expect("a signature").worth
    }

    #[test]
    fn a_signature_holds_for_what_was_signed_and_for_nothing_else() {
        let bytes: Vec<u8> =
            (0..KEY.len()).step_by(2).map(|at| u8::from_str_radix(&KEY[at..at + 2], 16).expect("hex")).collect();
        let name = ("0d8e3a2e-9f51-4b7a-8a55-1c2f4e5d6a7b", "The team");
        let once = sign(&playbook(), &bytes, name, at("2026-11-30T08:00:00Z")).expect("signed");
        let both = sign(&once, &bytes, ("1d8e3a2e-9f51-4b7a-8a55-1c2f4e5d6a7b", "Others"), at("2026-11-30T09:00:00Z"));
        let both = both.expect("signed twice");
        let key = lenient(once.members()["signatures"][0]["public_key"].as_str().expect("a key")).expect("base64");
        for (trusted, worth) in [(vec![key], Worth::Trusted), (Vec::new(), Worth::Unknown)] {
            let found = signatures(&both, at("2026-11-30T12:00:00Z"), &trusted);
            assert_eq!(found.iter().map(|one| &one.worth).collect::<Vec<_>>(), [&worth, &worth]);
            assert_eq!((found[0].signee.as_str(), found[1].signee.as_str()), ("The team", "Others"));
        }
        let broken = |worth| matches!(worth, Worth::Broken(_));
        assert!(broken(changed(&once, |all| drop(all.insert("name".to_owned(), json!("Other"))))));
        assert!(broken(changed(&once, |all| drop(all.insert("x".to_owned(), json!(null))))));
        assert!(broken(changed(&once, |all| all["signatures"][0]["signee"] = json!("Somebody"))));
        assert!(broken(changed(&once, |all| all["signatures"][0]["valid_until"] = json!("2027-01-01T00:00:00.000Z"))));
        assert!(broken(
            changed(&once, |all| all["signatures"][0]["related_version"] = json!("2026-01-01T00:00:00.000Z"))
        ));
        assert!(broken(changed(&once, |all| all["signatures"][0]["value"] = json!("AAAA"))));
        for (name, value) in
            [("algorithm", "XMSS-SHA2_10_256"), ("algorithm", "HS256"), ("hash_algorithm", "md5"), ("public_key", "")]
        {
            let worth = changed(&once, |all| all["signatures"][0][name] = json!(value));
            assert!(matches!(worth, Worth::Unsupported(_)), "{name} {value}: {worth:?}");
        }
    }

    #[test]
    fn a_malformed_key_is_no_key() {
        for info in
            [&[][..], &[0x30], &[0x30, 0x82, 0xff], &[0x30, 0x03, 0x30, 0x01, 0x00], &[0x30, 0x81], &[0x04, 0x00]]
        {
            assert_eq!(key_of(info), None, "{info:?}");
        }
    }
}
