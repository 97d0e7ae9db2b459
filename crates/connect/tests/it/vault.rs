//! A secret out of a vault. No vault is among Debian's packages: this one says what the documentation of KV version 2 says.

use std::io::{Read, Write};
use std::net::TcpListener;

use quell_connect::{KvVault, http_client};

#[test]
fn a_secret_is_read_with_the_token_from_its_place() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        for _ in 0..3 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            let head = String::from_utf8(head).unwrap();
            let known =
                head.starts_with("GET /v1/secret/data/quell HTTP/1.1") && head.contains("x-vault-token: t0\r\n");
            let (status, body) = match known {
                true => ("200 OK", r#"{"data":{"data":{"token":"from the vault"},"metadata":{"version":3}}}"#),
                false => ("403 Forbidden", r#"{"errors":["permission denied"]}"#),
            };
            let length = body.len();
            write!(stream, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        }
    });
    let vault = |token: &str| KvVault { url: url.clone(), token: token.to_owned(), namespace: None };
    let http = || http_client().unwrap();
    assert_eq!(vault("t0").read(http(), "secret/data/quell", "token").unwrap(), "from the vault");
    let other = vault("t0").read(http(), "secret/data/quell", "other").unwrap_err();
    assert!(other.contains("no text other"), "{other}");
    assert!(vault("t1").read(http(), "secret/data/quell", "token").unwrap_err().contains("403"));
    serving.join().unwrap();
}
