//! The lake: what is stored is given back, once, in order.

use quell_model::ports::{Appended, ChunkIndex, ChunkQuery, NewChunk, RejectedPart, SourceCheckpoint};

use crate::harness::{Bench, at};

on_both!(chunks_come_back, a_delivery_is_stored_once, readers_never_skip, candidates, rejected_parts, retention);

fn chunk(source: &str, payload: &str) -> NewChunk {
    NewChunk {
        source: source.to_owned(),
        received_at: at(1),
        digest: None,
        records: 2,
        payload: payload.as_bytes().to_vec(),
        words: vec![1, 2, 3],
        rejected: Vec::new(),
        checkpoint: None,
    }
}

fn index(seq: u64, times: Option<(i64, i64)>) -> ChunkIndex {
    let (earliest, latest) = times.map(|(earliest, latest)| (at(earliest), at(latest))).unzip();
    ChunkIndex { seq, earliest, latest, duplicates: vec![1, 65_535] }
}

async fn chunks_come_back(bench: Bench) {
    let lake = bench.store.lake();
    assert_eq!(lake.last().await.unwrap(), 0);
    let text = "record ".repeat(10_000);
    let outcomes = lake.append(vec![chunk("aws", &text), chunk("entra", "")]).await.unwrap();
    let [Appended::Stored { seq: first }, Appended::Stored { seq: second }] = outcomes[..] else {
        panic!("{outcomes:?}")
    };
    assert!(first < second);
    lake.index(vec![index(first, Some((0, 5)))]).await.unwrap();
    let chunks = lake.read(0, 10).await.unwrap();
    assert_eq!((chunks[0].seq, chunks[0].payload.as_slice(), chunks[0].records), (first, text.as_bytes(), 2));
    assert_eq!(chunks[0].duplicates, [1, 65_535]);
    assert_eq!((chunks[1].source.as_str(), chunks[1].payload.len(), chunks[1].received_at), ("entra", 0, at(1)));
    assert_eq!(lake.read(first, 10).await.unwrap(), chunks[1..]);
    assert_eq!(lake.read(0, 1).await.unwrap(), chunks[..1]);
    assert_eq!(lake.chunk(second).await.unwrap().as_ref(), chunks.get(1));
    assert_eq!(lake.chunk(99).await.unwrap(), None);
    assert_eq!(lake.last().await.unwrap(), second);
}

async fn a_delivery_is_stored_once(bench: Bench) {
    let lake = bench.store.lake();
    let part = RejectedPart { offset: 3, reason: "no JSON".to_owned(), bytes: vec![0, 255] };
    let send = |value: &str| NewChunk {
        digest: Some([9; 32]),
        rejected: vec![part.clone()],
        checkpoint: Some(SourceCheckpoint { key: "file:/a".to_owned(), value: value.to_owned() }),
        ..chunk("aws", "x")
    };
    assert_eq!(lake.checkpoint("file:/a".to_owned()).await.unwrap(), None);
    assert!(matches!(lake.append(vec![send("10")]).await.unwrap()[..], [Appended::Stored { .. }]));
    let again = lake.append(vec![send("20"), send("20"), chunk("aws", "x")]).await.unwrap();
    assert!(matches!(again[..], [Appended::Known, Appended::Known, Appended::Stored { .. }]));
    assert_eq!(lake.read(0, 10).await.unwrap().len(), 2);
    assert_eq!(lake.checkpoint("file:/a".to_owned()).await.unwrap().as_deref(), Some("20"));
    assert_eq!(lake.rejected("aws".to_owned(), 10).await.unwrap(), [(at(1), part)]);
}

async fn readers_never_skip(bench: Bench) {
    let writers: Vec<_> = (0..6)
        .map(|writer| {
            let lake = bench.store.lake();
            tokio::spawn(async move {
                for number in 0..40 {
                    let chunks = (0..1 + number % 3).map(|_| chunk(&writer.to_string(), "x")).collect();
                    lake.append(chunks).await.unwrap();
                }
            })
        })
        .collect();
    let lake = bench.store.lake();
    let (mut seen, mut after) = (Vec::new(), 0);
    while writers.iter().any(|writer| !writer.is_finished()) {
        for chunk in lake.read(after, 7).await.unwrap() {
            after = chunk.seq;
            seen.push(after);
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    seen.extend(lake.read(after, 10_000).await.unwrap().iter().map(|chunk| chunk.seq));
    let all: Vec<u64> = lake.read(0, 10_000).await.unwrap().iter().map(|chunk| chunk.seq).collect();
    assert_eq!(seen, all);
    assert_eq!(all.len(), 6 * 79);
}

async fn candidates(bench: Bench) {
    let lake = bench.store.lake();
    lake.append(vec![chunk("a", "1"), chunk("a", "2"), chunk("b", "3"), chunk("b", "4"), chunk("c", "5")])
        .await
        .unwrap();
    let seqs: Vec<u64> = lake.read(0, 10).await.unwrap().iter().map(|chunk| chunk.seq).collect();
    let indexes = vec![index(seqs[0], Some((0, 10))), index(seqs[1], Some((20, 30))), index(seqs[2], Some((40, 50)))];
    lake.index(indexes).await.unwrap();
    lake.index(vec![index(seqs[4], None)]).await.unwrap();
    let all = ChunkQuery { limit: 100, ..ChunkQuery::default() };
    let check = async |query: ChunkQuery, expected: &[usize]| {
        let found = lake.candidates(query.clone()).await.unwrap();
        let found: Vec<u64> = found.iter().map(|head| head.seq).collect();
        assert_eq!(found, expected.iter().map(|place| seqs[*place]).collect::<Vec<_>>(), "{query:?}");
    };
    check(all.clone(), &[4, 3, 2, 1, 0]).await;
    check(ChunkQuery { limit: 2, ..all.clone() }, &[4, 3]).await;
    check(ChunkQuery { before: Some(seqs[2]), ..all.clone() }, &[1, 0]).await;
    // Those without times, and those that wait to be processed, may hold anything.
    check(ChunkQuery { since: Some(at(30)), ..all.clone() }, &[4, 3, 2, 1]).await;
    check(ChunkQuery { until: Some(at(15)), ..all.clone() }, &[4, 3, 0]).await;
    check(ChunkQuery { since: Some(at(11)), until: Some(at(19)), ..all.clone() }, &[4, 3]).await;
    check(ChunkQuery { sources: vec!["a".to_owned(), "c".to_owned()], ..all.clone() }, &[4, 1, 0]).await;
    check(ChunkQuery { without_sources: vec!["a".to_owned()], ..all }, &[4, 3, 2]).await;
    let words: Vec<usize> = lake
        .candidates(ChunkQuery { limit: 9, ..ChunkQuery::default() })
        .await
        .unwrap()
        .iter()
        .map(|head| head.words.len())
        .collect();
    assert_eq!(words, [3, 3, 3, 3, 3]);
}

async fn rejected_parts(bench: Bench) {
    let lake = bench.store.lake();
    let part = |offset| RejectedPart { offset, reason: "bad".to_owned(), bytes: vec![b'x'; 5_000] };
    for first in [0, 700] {
        let rejected = (first..first + 700).map(part).collect();
        lake.append(vec![NewChunk { rejected, ..chunk("aws", "x") }]).await.unwrap();
    }
    lake.append(vec![NewChunk { rejected: vec![part(1)], ..chunk("entra", "x") }]).await.unwrap();
    let kept = lake.rejected("aws".to_owned(), 5_000).await.unwrap();
    assert_eq!((kept.len(), kept[0].1.offset, kept[999].1.offset, kept[0].1.bytes.len()), (1_000, 1_399, 400, 4_096));
    assert_eq!(lake.rejected("entra".to_owned(), 10).await.unwrap().len(), 1);
}

async fn retention(bench: Bench) {
    let lake = bench.store.lake();
    let chunks = (0..1_200).map(|number| NewChunk { received_at: at(number), ..chunk("aws", "x") }).collect();
    lake.append(chunks).await.unwrap();
    let last = lake.last().await.unwrap();
    assert_eq!(lake.retain(at(1_100)).await.unwrap(), 1_100);
    assert_eq!(lake.retain(at(1_100)).await.unwrap(), 0);
    assert_eq!(lake.read(0, 10_000).await.unwrap().len(), 100);
    assert_eq!(lake.retain(at(9_999)).await.unwrap(), 100);
    // Numbers are never given twice.
    let Appended::Stored { seq } = lake.append(vec![chunk("aws", "y")]).await.unwrap()[0] else { panic!("known") };
    assert!(seq > last);
}
