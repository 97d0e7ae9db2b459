//! Cutting: neighbours of what is broken stay, and what makes a delivery the same as another one.

use quell_engine::KnowledgeBuilder;
use quell_normalize::unpack;

use super::*;

fn delivery(bytes: &str) -> Delivery {
    Delivery {
        source: "web".to_owned(),
        preamble: Vec::new(),
        bytes: bytes.as_bytes().to_vec(),
        year: 2026,
        key: None,
        checkpoint: None,
    }
}

fn framed(delivery: Delivery) -> Framed {
    let knowledge = KnowledgeBuilder::new().expect("mappings").build().expect("no rules");
    let now = "2026-11-02T08:00:00Z".parse().expect("a time");
    frame(delivery, &knowledge.mappings().formats(2026), now)
}

fn texts(framed: &Framed) -> Vec<String> {
    let records = framed.chunks.iter().flat_map(|chunk| unpack(&chunk.payload).expect("packed here"));
    records.map(|record| String::from_utf8_lossy(&record.bytes).into_owned()).collect()
}

fn digests(framed: &Framed) -> Vec<Option<[u8; 32]>> {
    framed.chunks.iter().map(|chunk| chunk.digest).collect()
}

#[test]
fn what_is_broken_is_kept_apart_and_its_neighbours_are_records() {
    let framed = framed(delivery("{\"a\": 1}\n{\"b\": \n{\"c\": 3}\n"));
    assert_eq!(texts(&framed), ["{\"a\": 1}", "{\"c\": 3}"]);
    assert_eq!((framed.accepted, framed.rejected.total), (2, 1));
    let [part] = framed.chunks[0].rejected.as_slice() else { panic!("{:?}", framed.chunks[0].rejected) };
    assert_eq!((part.offset, part.bytes.as_slice()), (9, b"{\"b\": ".as_slice()));
}

#[test]
fn of_very_many_broken_parts_the_first_are_kept_and_all_are_counted() {
    let broken = "{\"b\": \n".repeat(ITEMS_MAX + 10);
    let framed = framed(delivery(&format!("{broken}{{\"c\": 3}}\n")));
    assert_eq!((framed.accepted, framed.rejected.total as usize), (1, ITEMS_MAX + 10));
    assert_eq!((framed.rejected.parts.len(), framed.chunks[0].rejected.len()), (ITEMS_MAX, REJECTED_MAX));
}

#[test]
fn a_large_delivery_is_several_chunks_each_with_a_name_of_its_own() {
    let text: String =
        (0..3_000).map(|number| format!("{{\"n\": {number}, \"pad\": \"{}\"}}\n", "x".repeat(1_000))).collect();
    let (first, again) = (framed(delivery(&text)), framed(delivery(&text)));
    assert!(first.chunks.len() > 2 && first.accepted == 3_000);
    let names: std::collections::BTreeSet<_> = digests(&first).into_iter().collect();
    assert_eq!((names.len(), digests(&first)), (first.chunks.len(), digests(&again)));
    assert!(!names.contains(&None));
}

#[test]
fn equal_lines_can_be_two_events_unless_a_key_says_otherwise() {
    let line =
        "<86>1 2026-11-02T09:00:00Z web-01 sshd 4711 - - Accepted publickey for ada from 203.0.113.9 port 40022 ssh2\n";
    assert_eq!(digests(&framed(delivery(line))), [None]);
    let keyed = |key: &str| digests(&framed(Delivery { key: Some(key.to_owned()), ..delivery(line) }));
    assert_eq!(keyed("a"), keyed("a"));
    assert_ne!(keyed("a"), keyed("b"));
    let other = Delivery { source: "db".to_owned(), key: Some("a".to_owned()), ..delivery(line) };
    assert_ne!(keyed("a"), digests(&framed(other)), "names are of a source");
}

#[test]
fn a_preamble_says_how_to_read_and_is_none_of_the_records() {
    let preamble = "#separator \\x09\n#fields\tts\tuid\tid.orig_h\n#types\ttime\tstring\taddr\n#path\tconn\n";
    let record = "1761984000.0\tCabc\t10.0.0.1\n";
    let framed = framed(Delivery { preamble: preamble.as_bytes().to_vec(), ..delivery(record) });
    assert_eq!((framed.accepted, framed.rejected.total), (1, 0), "{:?}", framed.rejected);
    let records = unpack(&framed.chunks[0].payload).expect("packed here");
    assert_eq!(records[0].offset, 0);
}

#[test]
fn nothing_is_one_empty_chunk_so_that_its_checkpoint_has_a_place() {
    let checkpoint = quell_model::ports::SourceCheckpoint { key: "file".to_owned(), value: "7".to_owned() };
    let framed = framed(Delivery { checkpoint: Some(checkpoint.clone()), ..delivery("\n\n") });
    assert_eq!((framed.chunks.len(), framed.accepted), (1, 0));
    assert_eq!(framed.chunks[0].checkpoint, Some(checkpoint));
}
