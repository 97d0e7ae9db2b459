//! Whatever stored byte of the ledger changes, `verify` finds it and says where. Exhaustive, on a small ledger.

use quell_incident::{IncidentFact, Status};
use quell_store::{LedgerProblem, Store};

use crate::harness::{Bench, Kind, Raw, at, created, incident, opened, signer, told};
use crate::ledger::story;

on_both!(every_byte, other_types, missing_rows, a_cut, another_key);

/// Tables of the ledger: key, then columns with their kind (i, t or b).
const TABLES: [(&str, &str, &str); 4] = [
    ("ledger_entry", "seq", "seq:i stream:t version:i at:i actor:t kind:t body:t prev:b hash:b"),
    ("ledger_checkpoint", "seq", "seq:i hash:b at:i key_id:t signature:b"),
    ("story", "hash", "hash:t digest:b body:b"),
    ("ledger_head", "id", "seq:i hash:b at:i"),
];

fn columns(columns: &str) -> impl Iterator<Item = (&str, &str)> {
    columns.split(' ').map(|column| column.split_once(':').unwrap())
}

async fn fill(bench: &Bench) {
    let (first, second) = (story("{\"one\":1}"), story("{\"two\":[2,2,2,2,2,2,2,2,2,2,2]}"));
    let mut tell = told("One", &[]);
    (tell.hosts, tell.techniques, tell.sources) = (Vec::new(), Vec::new(), Vec::new());
    tell.story = first.0.clone();
    bench.store.append_told(at(1), vec![opened("inc-1", tell.clone())], vec![first]).await.unwrap();
    bench.store.append(at(2), vec![created("usr-1", "ada")]).await.unwrap();
    tell.story = second.0.clone();
    let grown = incident("inc-1", &IncidentFact::Grown { told: tell, why: Vec::new() });
    bench.store.append_told(at(2), vec![grown], vec![second]).await.unwrap();
    let status = IncidentFact::StatusChanged { status: Status::Open, reason: "ü".to_owned() };
    bench.store.append(at(3), vec![incident("inc-1", &status), created("usr-2", "ben")]).await.unwrap();
    assert_eq!(bench.store.verify().await.unwrap().problems, []);
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|index| u8::from_str_radix(&text[2 * index..2 * index + 2], 16).unwrap()).collect()
}

/// Changed forms of a value, as SQL. A number has eight bytes; each byte of anything is changed once.
fn changed(kind: Kind, column: &str, value: &str) -> Vec<String> {
    if column == "i" {
        let number: i64 = value.parse().unwrap();
        return (0..8).map(|byte| format!("{}", number ^ (1 << (8 * byte + (byte + 2) % 7)))).collect();
    }
    let bytes = unhex(value);
    let flip = |place: usize| {
        let mut bytes = bytes.clone();
        // PostgreSQL takes no text that is not UTF-8, so text changes in its lowest bit there.
        let bit = if column == "t" && kind == Kind::Postgres { 0 } else { place % 8 };
        bytes[place] ^= 1 << bit;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match (column, kind) {
            ("t", Kind::Sqlite) => format!("CAST(x'{hex}' AS TEXT)"),
            ("t", Kind::Postgres) => format!("convert_from('\\x{hex}'::bytea, 'UTF8')"),
            (_, Kind::Sqlite) => format!("x'{hex}'"),
            (_, Kind::Postgres) => format!("'\\x{hex}'::bytea"),
        }
    };
    (0..bytes.len()).map(flip).collect()
}

async fn values(raw: &Raw, kind: Kind, table: &str, key: &str, column: (&str, &str)) -> Vec<(String, String)> {
    let value = match (column.1, kind) {
        ("i", _) => format!("CAST({} AS TEXT)", column.0),
        (_, Kind::Sqlite) => format!("lower(hex(CAST({} AS BLOB)))", column.0),
        ("t", Kind::Postgres) => format!("encode(convert_to({}, 'UTF8'), 'hex')", column.0),
        (_, Kind::Postgres) => format!("encode({}, 'hex')", column.0),
    };
    let rows = raw.texts(&format!("SELECT CAST({key} AS TEXT), {value} FROM {table} ORDER BY {key}")).await;
    rows.into_iter().map(|mut row| (row[0].take().unwrap(), row[1].take().unwrap())).collect()
}

async fn keep(raw: &Raw) {
    for (table, ..) in TABLES {
        raw.run(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await.unwrap();
    }
}

async fn restore(raw: &Raw, table: &str) {
    raw.run(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}")).await.unwrap();
}

/// Whether a problem names the row.
fn names(problem: &LedgerProblem, table: &str, key: &str) -> bool {
    match table {
        "story" => problem.what.contains(key),
        "ledger_head" => problem.what.contains("head"),
        "ledger_checkpoint" => problem.seq == key.parse().ok() && problem.what.contains("checkpoint"),
        _ => problem.seq == key.parse().ok(),
    }
}

async fn reported(store: &Store, table: &str, key: &str, change: &str) {
    let problems = store.verify().await.unwrap().problems;
    assert!(problems.iter().any(|problem| names(problem, table, key)), "{table} {key} {change}: {problems:?}");
}

async fn every_byte(bench: Bench) {
    fill(&bench).await;
    let raw = bench.raw().await;
    keep(&raw).await;
    let (mut done, mut refused) = (0, 0);
    for (table, key_column, all) in TABLES {
        for column in columns(all) {
            for (key, value) in values(&raw, bench.kind, table, key_column, column).await {
                for new in changed(bench.kind, column.1, &value) {
                    let sql = format!("UPDATE {table} SET {} = {new} WHERE {key_column} = '{key}'", column.0);
                    // A second row with the same key is refused by the database itself.
                    if raw.run(&sql).await.is_err() {
                        assert!(matches!(column.0, "seq" | "version" | "stream" | "hash"), "{sql}");
                        refused += 1;
                        continue;
                    }
                    reported(&bench.store, table, &key, &format!("{} = {new}", column.0)).await;
                    restore(&raw, table).await;
                    done += 1;
                }
            }
        }
    }
    assert!(done > 1_000 && refused < done / 50, "{done} changes, {refused} refused");
    assert_eq!(bench.store.verify().await.unwrap().problems, []);
    println!("{:?}: {done} changed bytes found, {refused} refused by the database", bench.kind);
}

/// Takes away what the database itself would refuse.
async fn loosen(raw: &Raw, kind: Kind) {
    for (table, _, all) in TABLES {
        if kind == Kind::Sqlite {
            let sql = format!(
                "CREATE TABLE loose AS SELECT * FROM {table}; DROP TABLE {table}; ALTER TABLE loose RENAME TO {table}"
            );
            raw.run(&sql).await.unwrap();
            continue;
        }
        raw.run(&format!("ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")).await.unwrap();
        for (column, _) in columns(all) {
            raw.run(&format!("ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL")).await.unwrap();
        }
    }
}

async fn other_types(bench: Bench) {
    fill(&bench).await;
    let raw = bench.raw().await;
    keep(&raw).await;
    loosen(&raw, bench.kind).await;
    assert_eq!(bench.store.verify().await.unwrap().problems, []);
    for (table, key_column, all) in TABLES {
        for (column, kind) in columns(all) {
            let news: &[&str] = match (bench.kind, kind) {
                (Kind::Postgres, _) => &["NULL"],
                (Kind::Sqlite, "i") => &["NULL", "'text'", "x'00'", "1.5"],
                (Kind::Sqlite, "t") => &["NULL", "CAST({} AS BLOB)", "''"],
                (Kind::Sqlite, _) => &["NULL", "CAST({} AS TEXT)", "7", "x''"],
            };
            for (key, _) in values(&raw, bench.kind, table, key_column, (column, kind)).await {
                for new in news {
                    let new = new.replace("{}", column);
                    let sql = format!("UPDATE {table} SET {column} = {new} WHERE {key_column} = '{key}'");
                    raw.run(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
                    let problems = bench.store.verify().await.unwrap().problems;
                    let lost_key = column == key_column && matches!(table, "story" | "ledger_checkpoint");
                    let named = problems.iter().any(|problem| names(problem, table, &key));
                    assert!(named || (lost_key && !problems.is_empty()), "{sql}: {problems:?}");
                    restore(&raw, table).await;
                }
            }
        }
    }
}

async fn missing_rows(bench: Bench) {
    fill(&bench).await;
    let raw = bench.raw().await;
    keep(&raw).await;
    for (table, key_column, all) in TABLES {
        let column = columns(all).next().unwrap();
        for (key, _) in values(&raw, bench.kind, table, key_column, column).await {
            raw.run(&format!("DELETE FROM {table} WHERE {key_column} = '{key}'")).await.unwrap();
            reported(&bench.store, table, &key, "deleted").await;
            restore(&raw, table).await;
        }
    }
}

async fn a_cut(bench: Bench) {
    fill(&bench).await;
    let raw = bench.raw().await;
    raw.run("DELETE FROM ledger_entry WHERE seq > 3").await.unwrap();
    let sql = "UPDATE ledger_head SET seq = 3, hash = (SELECT hash FROM ledger_entry WHERE seq = 3), \
        at = (SELECT at FROM ledger_entry WHERE seq = 3)";
    raw.run(sql).await.unwrap();
    let problems = bench.store.verify().await.unwrap().problems;
    assert!(
        problems.iter().any(|problem| problem.seq == Some(5) && problem.what.contains("it was cut")),
        "{problems:?}"
    );
    // Without the key there is no signed head for what is left.
    raw.run("DELETE FROM ledger_checkpoint").await.unwrap();
    let problems = bench.store.verify().await.unwrap().problems;
    assert!(
        problems.iter().any(|problem| problem.seq == Some(3) && problem.what.contains("no checkpoint")),
        "{problems:?}"
    );
}

async fn another_key(bench: Bench) {
    fill(&bench).await;
    let other = quell_store::Signer::from_seed(&[8; 32]);
    assert_ne!(other.key_id(), signer().key_id());
    let store = Store::open(&bench.location, other, at(0)).await.unwrap();
    let problems = store.verify().await.unwrap().problems;
    assert!(problems[0].what.contains("signed with the key"), "{problems:?}");
}
