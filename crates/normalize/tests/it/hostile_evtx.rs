//! EVTX files that are broken or hostile, made here token by token ([MS-EVEN6], "BinXml").

use crate::hostile::items;

const HEADER: usize = 4096;
const CHUNK: usize = 65_536;

/// A file header and one chunk for each list of records.
fn file(chunks: &[&[Vec<u8>]]) -> Vec<u8> {
    let mut file = b"ElfFile\0".to_vec();
    file.resize(HEADER, 0);
    chunks.iter().for_each(|records| file.extend(chunk(records)));
    file
}

fn chunk(bodies: &[Vec<u8>]) -> Vec<u8> {
    let mut chunk = b"ElfChnk\0".to_vec();
    chunk.resize(512, 0);
    let mut last = 512;
    for (number, body) in (1_u64..).zip(bodies) {
        last = chunk.len();
        let size = u32::try_from(body.len() + 28).unwrap().to_le_bytes();
        chunk.extend([&b"\x2a\x2a\0\0"[..], &size, &number.to_le_bytes(), &[0; 8], body, &size].concat());
    }
    let count = bodies.len() as u64;
    for (at, value) in [(8, 1), (16, count), (24, 1), (32, count)] {
        chunk[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    let free = chunk.len();
    for (at, value) in [(40, 128), (44, last), (48, free)] {
        chunk[at..at + 4].copy_from_slice(&u32::try_from(value).unwrap().to_le_bytes());
    }
    assert!(chunk.len() <= CHUNK);
    chunk.resize(CHUNK, 0);
    chunk
}

/// BinXML that names its elements where it uses them, so it has to know where it will stand in its chunk.
struct Xml {
    at: usize,
    bytes: Vec<u8>,
}

impl Xml {
    /// The body of a record that follows others of these lengths.
    fn after(bodies: &[Vec<u8>]) -> Xml {
        let at = 512 + bodies.iter().map(|body| body.len() + 28).sum::<usize>() + 24;
        Xml { at, bytes: vec![0x0f, 1, 1, 0] }
    }

    fn open(&mut self, name: &str) {
        self.bytes.extend([0x01, 0, 0, 0, 0]);
        let offset = u32::try_from(self.at + self.bytes.len() + 4).unwrap();
        self.bytes.extend(offset.to_le_bytes());
        self.bytes.extend([0; 6]);
        self.text(name);
        self.bytes.extend([0, 0, 0x02]);
    }

    fn text(&mut self, text: &str) {
        let units: Vec<u16> = text.encode_utf16().collect();
        self.bytes.extend(u16::try_from(units.len()).unwrap().to_le_bytes());
        self.bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    }

    fn value(&mut self, text: &str) {
        self.bytes.extend([0x05, 0x01]);
        self.text(text);
    }

    fn close(&mut self) {
        self.bytes.push(0x04);
    }

    fn finish(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }
}

/// Records `<Event>text</Event>`.
fn events(texts: &[&str]) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    for text in texts {
        let mut xml = Xml::after(&bodies);
        xml.open("Event");
        xml.value(text);
        xml.close();
        bodies.push(xml.finish());
    }
    bodies
}

/// The items of a file; a reason may be given by a part.
fn check(file: &[u8], expected: &[(usize, &str)]) {
    let found = items(file);
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|((at, text), (wanted_at, wanted))| {
            *at == *wanted_at as u64 && (text == wanted || text.starts_with('!') && text.contains(wanted))
        });
    assert!(same, "   found {found:?}\nexpected {expected:?}");
}

#[test]
fn whole_and_unused() {
    let two = events(&["one", "two \u{1b}[2J\u{202e}\"\\"]);
    let [one, odd] = ["{\"Event\":\"one\"}", "{\"Event\":\"two \\u001B[2J\u{202e}\\\"\\\\\"}"];
    check(&file(&[&two]), &[(HEADER, one), (HEADER, odd)]);
    check(&chunk(&two), &[(0, one), (0, odd)]);
    check(
        &[file(&[&two]), vec![0; CHUNK], chunk(&two[..1])].concat(),
        &[(HEADER, one), (HEADER, odd), (HEADER + 2 * CHUNK, one)],
    );
    check(&file(&[]), &[]);
}

#[test]
fn cut_off() {
    let whole = file(&[&events(&["one", "two"])]);
    check(&whole[..8], &[(8, "cut off inside its header")]);
    check(&whole[..HEADER - 1], &[(HEADER - 1, "cut off inside its header")]);
    check(&whole[..HEADER + 300], &[(HEADER + 300, "cut off inside a chunk")]);
    let second = HEADER + 512 + events(&["one"])[0].len() + 28;
    check(&whole[..second], &[(second, "cut off inside a chunk"), (HEADER, "{\"Event\":\"one\"}")]);
    check(
        &whole[..second + 40],
        &[(second + 40, "cut off inside a chunk"), (HEADER, "{\"Event\":\"one\"}"), (HEADER, "EVTX record")],
    );
}

#[test]
fn garbage_costs_its_chunk() {
    let good = events(&["good"]);
    let mut bytes = file(&[&good]);
    bytes.extend([0xA5; CHUNK]);
    bytes.extend([&b"ElfChnk\0"[..], &[0xA5; CHUNK - 8]].concat());
    bytes.extend(chunk(&good));
    bytes.extend(b"tail");
    let found = items(&*bytes);
    let at = |index: usize| (HEADER + index * CHUNK) as u64;
    assert_eq!(found[0], (at(0), "{\"Event\":\"good\"}".to_owned()));
    assert_eq!(found[1], (at(1), "! not an EVTX chunk; skipped to the next 64 KiB".to_owned()));
    assert!(found[2].0 == at(2) && found[2].1.starts_with("! EVTX"), "{:?}", found[2]);
    assert_eq!(found[found.len() - 2], (at(3), "{\"Event\":\"good\"}".to_owned()));
    assert_eq!(found[found.len() - 1].0, at(4));
}

#[test]
fn deep_elements_and_circles_end() {
    let mut deep = Xml::after(&[]);
    for _ in 0..2_000 {
        deep.open("e");
    }
    deep.value("x");
    for _ in 0..2_000 {
        deep.close();
    }
    assert_eq!(items(&*file(&[&[deep.finish()]])).len(), 1);

    // A template whose body is an instance of itself: the definition stands at 560 in the chunk.
    let instance = |offset: u32| [&[0x0c, 1, 1, 0, 0, 0][..], &offset.to_le_bytes()].concat();
    let mut body = vec![0x0f, 1, 1, 0];
    let at = u32::try_from(512 + 24 + 4 + 10).unwrap();
    body.extend(instance(at));
    let inner = [&[0x0f, 1, 1, 0][..], &instance(at), &[0; 4], &[0]].concat();
    body.extend([&[0; 4][..], &[7; 16], &u32::try_from(inner.len()).unwrap().to_le_bytes(), &inner].concat());
    body.extend([0; 5]);
    let found = items(&*file(&[&[body]]));
    assert_eq!(found.len(), 1);
    assert!(found[0].1.starts_with("! EVTX record"), "{found:?}");
}

/// Bytes flipped all over a good chunk: never a panic, never more than a chunk lost.
#[test]
fn damage_stays_in_its_chunk() {
    let good = file(&[&events(&["one", "two", "three"]), &events(&["last"])]);
    let mut seed = 1_u64;
    for _ in 0..800 {
        let mut bytes = good.clone();
        for _ in 0..3 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(seed >> 33).unwrap() % 700;
            bytes[HEADER + at] = (seed >> 24) as u8;
        }
        let found = items(&*bytes);
        assert_eq!(found.last().unwrap().1, "{\"Event\":\"last\"}", "{found:?}");
    }
}
