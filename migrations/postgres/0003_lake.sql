-- Records as they arrived, packed and compressed with zstd. A reader that looks at few columns does not touch payload.
CREATE TABLE event_chunk (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL,
    records BIGINT NOT NULL,
    earliest BIGINT,
    latest BIGINT,
    processed BIGINT NOT NULL,
    digest BYTEA UNIQUE,
    duplicates BYTEA NOT NULL,
    words BYTEA NOT NULL,
    payload BYTEA NOT NULL
);
CREATE INDEX event_chunk_received ON event_chunk (received_at);
CREATE INDEX event_chunk_source ON event_chunk (source, seq);

-- How far followed sources have been read; written together with what was read.
CREATE TABLE source_checkpoint (
    name TEXT COLLATE "C" PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

-- Parts of deliveries that were no records.
CREATE TABLE rejected_part (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL,
    part_offset BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    bytes BYTEA NOT NULL
);
CREATE INDEX rejected_part_source ON rejected_part (source, id);
CREATE INDEX rejected_part_received ON rejected_part (received_at);
