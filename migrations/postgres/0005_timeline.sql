-- Timelines of incidents: what people wrote, and what the work decided. `seq` is the ledger entry that says it, `item` the one
-- that made it. A row that no longer holds stays, with the time since when it does not.
CREATE TABLE timeline_item (
    seq BIGINT PRIMARY KEY,
    item BIGINT NOT NULL,
    incident_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    discovered_at BIGINT,
    title TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C",
    parent BIGINT,
    refs TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    recorded_at BIGINT NOT NULL,
    removed_at BIGINT
);
CREATE INDEX timeline_item_incident ON timeline_item (incident_id, at, seq);
CREATE INDEX timeline_item_item ON timeline_item (item);
CREATE INDEX incident_merged ON incident (merged_into) WHERE merged_into IS NOT NULL;

-- Which bytes of the vault are evidence, to know when nobody needs them any more.
CREATE TABLE evidence (
    seq BIGINT PRIMARY KEY,
    sha256 TEXT COLLATE "C" NOT NULL,
    redacted BIGINT NOT NULL
);
CREATE INDEX evidence_sha256 ON evidence (sha256) WHERE redacted = 0;
