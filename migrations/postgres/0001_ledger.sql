-- The ledger. Rows are only added. What is hashed, and how, is in crates/store/src/chain.rs.
CREATE TABLE ledger_entry (
    seq BIGINT PRIMARY KEY,
    stream TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    prev BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    UNIQUE (stream, version)
);
CREATE INDEX ledger_entry_at ON ledger_entry (at);
CREATE INDEX ledger_entry_kind ON ledger_entry (kind, seq);
CREATE INDEX ledger_entry_actor ON ledger_entry (actor, seq);

-- Where the ledger ends. Writers lock this row, one after the other.
CREATE TABLE ledger_head (
    id BIGINT PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    at BIGINT NOT NULL
);
INSERT INTO ledger_head (id, seq, hash, at) VALUES (1, 0, decode(repeat('00', 32), 'hex'), 0);

-- Signed heads: the latest, and one for every 1,024 entries.
CREATE TABLE ledger_checkpoint (
    seq BIGINT PRIMARY KEY,
    hash BYTEA NOT NULL,
    at BIGINT NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL,
    signature BYTEA NOT NULL
);

-- Stories that entries name by their SHA-256. digest is the SHA-256 of body, which is compressed with zstd.
CREATE TABLE story (
    hash TEXT COLLATE "C" PRIMARY KEY,
    digest BYTEA NOT NULL,
    body BYTEA NOT NULL
);

-- How far detection is.
CREATE TABLE progress (
    id BIGINT PRIMARY KEY,
    processed BIGINT NOT NULL,
    window_start BIGINT NOT NULL
);
INSERT INTO progress (id, processed, window_start) VALUES (1, 0, 0);
