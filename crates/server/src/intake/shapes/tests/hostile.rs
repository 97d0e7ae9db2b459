//! Random bytes, and bodies that are almost right: no parser panics, and what it takes is whole lines.

use super::super::otlp::Encoding;
use super::super::{elastic, hec, otlp};
use super::{otlp as samples, receipt};

/// Numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }

    fn byte(&mut self) -> u8 {
        const LIKELY: &[u8] = b"{}[]\",:\\\n\r \0\x0A\x12\x2A0e-";
        if self.below(2) == 0 { LIKELY[self.below(LIKELY.len())] } else { self.below(256) as u8 }
    }

    /// Bytes changed, put in, taken out, or said twice.
    fn mutate(&mut self, body: &[u8]) -> Vec<u8> {
        let mut body = body.to_vec();
        for _ in 0..=self.below(6) {
            let at = self.below(body.len());
            match self.below(4) {
                0 if at < body.len() => body[at] = self.byte(),
                1 => body.insert(at, self.byte()),
                2 => drop(body.drain(at..(at + self.below(8)).min(body.len()))),
                _ => {
                    let end = (at + self.below(40)).min(body.len());
                    body.extend_from_within(at..end);
                }
            }
        }
        body
    }
}

fn check(body: &[u8]) {
    let mut taken = vec![hec::events(body).unwrap_or_default()];
    if let Ok(bulk) = elastic::bulk(body, "logs", u64::MAX) {
        let answer = bulk.items.answer(&receipt(&[(0, "first"), (3, "inside"), (u64::MAX, "beyond")]));
        assert!(serde_json::to_string(&answer).is_ok());
        taken.push(bulk.bytes);
    }
    for encoding in [Encoding::Protobuf, Encoding::Json] {
        if let Ok(logs) = otlp::logs(body, encoding) {
            otlp::answer(&logs.refused, &receipt(&[(u64::MAX, "beyond")]), encoding);
            taken.push(logs.bytes);
        }
    }
    assert!(taken.iter().all(|lines| lines.is_empty() || lines.ends_with(b"\n")));
}

#[test]
fn no_body_makes_a_parser_panic() {
    let protobuf = samples::request(&samples::records());
    let bulk =
        b"{\"index\":{\"_id\":1}}\n{\"agent\":{\"type\":\"filebeat\"},\"message\":\"m\"}\n{\"delete\":{}}\n".as_slice();
    let events = b"{\"time\":1,\"event\":{\"a\":[1]}}{\"event\":\"text\"}".as_slice();
    let bodies = [protobuf.as_slice(), samples::JSON.as_bytes(), bulk, events];
    let mut numbers = Numbers(7);
    for round in 0..8_000 {
        check(&numbers.mutate(bodies[round % bodies.len()]));
        let length = numbers.below(64);
        check(&(0..length).map(|_| numbers.byte()).collect::<Vec<u8>>());
    }
}
