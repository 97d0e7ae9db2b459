//! Whatever the bytes are: no panic, offsets inside the input, records as they stand in it, and the same items however
//! the input arrives.

use std::io::{self, Read};

use proptest::prelude::*;
use quell_normalize::{Item, RecordReader, Shape};

use crate::hostile::{formats, items};

/// Gives a few bytes at a time.
struct Dripping<'a>(&'a [u8], usize);

impl Read for Dripping<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(self.0.len()).min(out.len());
        out[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

/// Pieces that mean something to one of the readers.
fn piece() -> impl Strategy<Value = Vec<u8>> + Clone {
    let words = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\n",
        "\r\n",
        " ",
        "\0",
        "\n{",
        "{\"a\":1}",
        "{\"a\":1}\n",
        "{\"Records\":[",
        "{\"value\" : [{}",
        "[{",
        "null",
        "\"x]\"",
        "\u{feff}",
        "é",
        "😀",
        "#fields\ta\tb\n",
        "#separator \\x09\n",
        "1\t2\n",
        "type=EXECVE msg=audit(1.2:3): a0=\"x\" a1='b=c'\n",
        "a='",
        "CreationDate,Operation\n",
        "x,\"y\n",
        "srcaddr dstaddr start\n",
        "1 2 3\n",
        "<34>1 2026-11-24T10:00:00Z h a - - m\n",
        "<13>",
        "Feb 29 24:60:61 h p[1]: m\n",
        "Nov 24 10:00:00 h p[1]: m\n",
        "2026-11-24T10:00:00+01:00 h p: m\n",
        "2026-02-30T",
        "[a b=\"c\"]",
        "ElfChnk\0",
    ]);
    prop_oneof![
        8 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ]
}

fn input() -> impl Strategy<Value = Vec<u8>> {
    let text = prop::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat());
    let wide = (text.clone(), any::<bool>(), any::<bool>()).prop_map(|(text, big, mark)| {
        let units = String::from_utf8_lossy(&text).into_owned();
        let units = mark.then_some(0xFEFF).into_iter().chain(units.encode_utf16().collect::<Vec<u16>>());
        units.flat_map(if big { u16::to_be_bytes } else { u16::to_le_bytes }).collect()
    });
    let evtx = prop::collection::vec(any::<u8>(), 0..5_000).prop_map(|tail| [&b"ElfFile\0"[..], &tail].concat());
    prop_oneof![6 => text, 2 => wide, 1 => evtx, 1 => prop::collection::vec(any::<u8>(), 0..400)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn items_do_not_depend_on_how_bytes_arrive(bytes in input(), step in 1_usize..9) {
        let whole = items(&*bytes);
        prop_assert_eq!(&items(Dripping(&bytes, 1)), &whole);
        prop_assert_eq!(&items(Dripping(&bytes, step)), &whole);
    }

    #[test]
    fn records_are_where_they_say(bytes in input()) {
        let utf8 = !matches!(&*bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [_, 0, _, 0, ..] | [0, _, 0, _, ..]);
        let evtx = bytes.starts_with(b"Elf");
        let mut reader = RecordReader::new(&*bytes, &formats()).unwrap();
        let mut before = 0;
        while let Some(item) = reader.next_item().unwrap() {
            prop_assert!(reader.offset() <= bytes.len() as u64, "consumed more than there is");
            let offset = match &item {
                Item::Record(record) => record.offset,
                Item::Rejected(rejected) => rejected.offset,
            };
            prop_assert!(offset <= bytes.len() as u64);
            let Item::Record(record) = item else { continue };
            prop_assert!(record.offset >= before, "records come in order");
            before = record.offset;
            if utf8 && !evtx {
                let at = usize::try_from(record.offset).unwrap();
                prop_assert_eq!(&bytes[at..at + record.bytes.len()], &*record.bytes);
            }
            if record.shape == Shape::Json {
                let ends = (record.bytes.first(), record.bytes.last());
                prop_assert_eq!(ends, (Some(&b'{'), Some(&b'}')));
            }
        }
    }

    /// A good line of its own is found, whatever stands on the lines around it.
    #[test]
    fn a_good_line_survives(before in "[ -~]{0,40}", after in "[ -~]{0,40}") {
        let good = "{\"good\":[1,{\"x\":\"}\"},\"y\"]}";
        let text = format!("{before}\n{good}\n{after}\n");
        let found = items(text.as_bytes());
        prop_assert!(found.iter().any(|(_, text)| text == good), "{:?}", found);
    }
}
