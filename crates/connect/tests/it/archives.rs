//! Archives: whole, torn, nested, and made to burst.

use std::io::{Cursor, Read, Write};

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, FlushCompress};
use quell_connect::visit;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::folder::Folder;

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Text that does not compress to nothing.
fn text(lines: u32) -> String {
    (0..lines).map(|line| format!("{line} {:x}\n", line.wrapping_mul(2_654_435_761))).collect()
}

#[test]
fn gzip_members_follow_each_other() {
    let folder = Folder::new("gzip");
    folder.with("a.gz", [gzip("one\n"), gzip(""), gzip("two\n")].concat());
    folder.with("b", gzip(gzip("twice")));
    folder.with("c", gzip(zip(&[("m", b"zip in gzip")])));
    folder.with("d", [0x1F, 0x8B]);
    folder.check(&["a.gz: one\ntwo\n", "b: twice", "c!m: zip in gzip", "d: unexpected end of file"]);
}

#[test]
fn what_stands_before_a_tear_is_read() {
    let folder = Folder::new("torn");
    let (whole, compressed) = (text(20_000), gzip(text(20_000)));
    folder.with("torn.gz", &compressed[..compressed.len() / 2]);
    folder.with("trailing.gz", [gzip("text\n"), b"garbage".to_vec()].concat());
    folder.with("torn.zip", &zip(&[("a", text(2_000).as_bytes())])[..2_000]);
    let mut damaged = zip(&[("a", text(20_000).as_bytes()), ("b", b"good")]);
    damaged[60_000] ^= 0xFF;
    folder.with("x.zip", damaged);

    let found = folder.found();
    assert_eq!(found.len(), 5, "{found:?}");
    let (read, error) = found[0].split_once("!!").unwrap();
    let read = read.strip_prefix("torn.gz: ").unwrap();
    assert!(whole.starts_with(read) && read.len() > whole.len() / 3, "{} of {}", read.len(), whole.len());
    assert!(!error.is_empty());
    assert!(found[1].starts_with("trailing.gz: text\n!!"), "{}", found[1]);
    assert!(found[2].starts_with("x.zip!a: 0 0\n") && found[2].contains("!!"), "a damaged member is told");
    assert_eq!(found[3], "x.zip!b: good");
    assert!(found[4].starts_with("torn.zip: zip archive: "), "{}", found[4]);
}

#[test]
fn zip_members_come_in_order_of_name() {
    let folder = Folder::new("zip");
    let inner = zip(&[("x!y", b"deep"), ("logs.gz", &gzip("packed"))]);
    folder.with("a", zip(&[("z.log", b"2"), ("b/../../c.log", b"1"), ("inner.zip", &inner), ("e", b"")]));
    folder.with("empty.zip", zip(&[]));
    folder.check(&[
        "a!b/../../c.log: 1",
        "a!e: ",
        "a!inner.zip!logs.gz: packed",
        "a!inner.zip!x!y: deep",
        "a!z.log: 2",
    ]);
}

#[test]
fn nesting_ends() {
    let folder = Folder::new("nesting");
    let nested = |times| (0..times).fold(b"core".to_vec(), |inner, _| zip(&[("n", b"next"), ("z", &inner)]));
    folder.with("4", nested(4));
    folder.with("5", nested(5));
    let gzips = |times| (0..times).fold(b"core".to_vec(), |inner, _| gzip(inner));
    folder.with("g4", gzips(4));
    folder.with("g5", gzips(5));
    let found = folder.found();
    assert_eq!(found.iter().filter(|line| line.starts_with("4!")).count(), 5);
    assert!(found.contains(&"4!z!z!z!z: core".to_owned()));
    assert!(found.contains(&"g4: core".to_owned()));
    assert_eq!(
        &found[found.len() - 2..],
        [
            "5!z!z!z!z: archives are nested deeper than 3; unpack them",
            "g5: archives are nested deeper than 3; unpack them"
        ]
    );
}

/// A zip with one member that expands to `mebibytes` of zeros, made without compressing that much: a block of
/// compressed zeros, again and again.
fn bomb(mebibytes: usize) -> Vec<u8> {
    let mut block = Vec::with_capacity(1 << 16);
    let mut compress = flate2::Compress::new(Compression::best(), false);
    compress.compress_vec(&vec![0; 1 << 20], &mut block, FlushCompress::Full).unwrap();
    assert!(block.len() < 4_096);
    let end = DeflateEncoder::new(Vec::new(), Compression::best()).finish().unwrap();
    let data = [block.repeat(mebibytes), end].concat();
    let sizes = [(data.len() as u32).to_le_bytes(), ((mebibytes as u32) << 20).to_le_bytes()].concat();
    // Version, flags, method 8, time, date, checksum (never reached), sizes, length of the name.
    let member = [&[20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0, 0, 0, 0, 0], &*sizes, &[1, 0, 0, 0]].concat();
    let directory = [b"PK\x01\x02\x14\0", &*member, &[0; 14], b"b"].concat();
    let local = [b"PK\x03\x04", &*member, b"b", &data].concat();
    let place = [(directory.len() as u32).to_le_bytes(), (local.len() as u32).to_le_bytes()].concat();
    [&local, &directory, &b"PK\x05\x06\0\0\0\0\x01\0\x01\0"[..], &place, &[0, 0]].concat()
}

#[test]
fn a_bomb_is_stopped_and_the_rest_is_read() {
    let folder = Folder::new("bomb");
    folder.with("a.zip", bomb(1_100));
    folder.with("b", "rest");
    let mut seen = Vec::new();
    let problems = visit(&[folder.path().to_owned()], |mut input| {
        let mut piece = vec![0; 1 << 20];
        let mut read = 0;
        let end = loop {
            match input.reader.read(&mut piece) {
                Ok(0) => break String::new(),
                Ok(count) => read += count,
                Err(error) => break error.to_string(),
            }
        };
        seen.push((input.name.rsplit('/').next().unwrap().to_owned(), read >> 20, end));
        Ok::<(), ()>(())
    });
    assert_eq!(problems, Ok(Vec::new()));
    let limit = "expands to more than 1024 MiB, over 250 times its compressed size; the rest was not read. \
                 If this is no archive bomb, unpack it and name the files";
    assert_eq!(seen[0], ("a.zip!b".to_owned(), 1_024, limit.to_owned()));
    assert_eq!(seen[1], ("b".to_owned(), 0, String::new()));
}
