//! A passkey in software, so that tests can be both sides.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};

use crate::access::secret::sha256;

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const HAS_KEY: u8 = 0x40;

/// One key for one site.
pub(super) struct Authenticator {
    key: SigningKey,
    id: Vec<u8>,
    count: u32,
    /// What the browser says the page is.
    pub(super) origin: String,
    /// Whether it asked for a fingerprint or PIN.
    pub(super) verifies: bool,
}

impl Authenticator {
    pub(super) fn new(number: u8, origin: &str) -> Authenticator {
        let key = SigningKey::from_slice(&[number; 32]).unwrap();
        Authenticator { key, id: vec![number; 20], count: 0, origin: origin.to_owned(), verifies: true }
    }

    /// Answers `navigator.credentials.create`.
    pub(super) fn create(&mut self, options: &Value) -> Value {
        let site = text(options, "/publicKey/rp/id");
        let mut data = self.data(&site, HAS_KEY);
        data.extend([0; 16]);
        data.extend((self.id.len() as u16).to_be_bytes());
        data.extend(&self.id);
        data.extend(self.cose());
        let mut object = vec![0xa3];
        object.extend(cbor_text("fmt"));
        object.extend(cbor_text("none"));
        object.extend(cbor_text("attStmt"));
        object.push(0xa0);
        object.extend(cbor_text("authData"));
        object.extend(cbor_bytes(&data));
        let client = self.client("webauthn.create", options);
        self.credential(json!({ "attestationObject": base64(&object), "clientDataJSON": base64(&client) }))
    }

    /// Answers `navigator.credentials.get`.
    pub(super) fn get(&mut self, options: &Value) -> Value {
        let site = text(options, "/publicKey/rpId");
        self.count += 1;
        let data = self.data(&site, 0);
        let client = self.client("webauthn.get", options);
        let signed: Signature = self.key.sign(&[data.as_slice(), &sha256(&client)].concat());
        self.credential(json!({
            "authenticatorData": base64(&data),
            "clientDataJSON": base64(&client),
            "signature": base64(signed.to_der().as_bytes()),
            "userHandle": null,
        }))
    }

    fn credential(&self, response: Value) -> Value {
        let id = base64(&self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response, "extensions": {} })
    }

    fn data(&self, site: &str, flags: u8) -> Vec<u8> {
        let verified = if self.verifies { USER_VERIFIED } else { 0 };
        let mut data = sha256(site.as_bytes()).to_vec();
        data.push(USER_PRESENT | verified | flags);
        data.extend(self.count.to_be_bytes());
        data
    }

    fn client(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = text(options, "/publicKey/challenge");
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    /// The public key as a COSE map: kty 2, alg -7, crv 1, x, y.
    fn cose(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = (point.x().unwrap(), point.y().unwrap());
        let mut map = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21];
        map.extend(cbor_bytes(x));
        map.push(0x22);
        map.extend(cbor_bytes(y));
        map
    }
}

fn cbor_text(text: &str) -> Vec<u8> {
    let mut bytes = vec![0x60 | text.len() as u8];
    bytes.extend(text.as_bytes());
    bytes
}

fn cbor_bytes(bytes: &[u8]) -> Vec<u8> {
    let mut out = match bytes.len() {
        len @ 0..24 => vec![0x40 | len as u8],
        len @ 24..256 => vec![0x58, len as u8],
        len => vec![0x59, (len >> 8) as u8, len as u8],
    };
    out.extend(bytes);
    out
}

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap().to_owned()
}
