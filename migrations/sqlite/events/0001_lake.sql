-- Records as they arrived, packed and compressed with zstd. A reader that looks at few columns does not touch payload.
CREATE TABLE event_chunk (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    records BIGINT NOT NULL,
    earliest BIGINT,
    latest BIGINT,
    processed BIGINT NOT NULL,
    digest BLOB UNIQUE,
    duplicates BLOB NOT NULL,
    words BLOB NOT NULL,
    payload BLOB NOT NULL
);
CREATE INDEX event_chunk_received ON event_chunk (received_at);
CREATE INDEX event_chunk_source ON event_chunk (source, seq);

-- How far followed sources have been read; written together with what was read.
CREATE TABLE source_checkpoint (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Parts of deliveries that were no records.
CREATE TABLE rejected_part (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    part_offset BIGINT NOT NULL,
    reason TEXT NOT NULL,
    bytes BLOB NOT NULL
);
CREATE INDEX rejected_part_source ON rejected_part (source, id);
CREATE INDEX rejected_part_received ON rejected_part (received_at);
