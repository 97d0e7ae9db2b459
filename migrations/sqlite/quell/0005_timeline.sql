-- Timelines of incidents: what people wrote, and what the work decided. `seq` is the ledger entry that says it, `item` the one
-- that made it. A row that no longer holds stays, with the time since when it does not.
CREATE TABLE timeline_item (
    seq INTEGER PRIMARY KEY,
    item INTEGER NOT NULL,
    incident_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    discovered_at INTEGER,
    title TEXT NOT NULL,
    text TEXT,
    parent INTEGER,
    refs TEXT NOT NULL,
    actor TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    removed_at INTEGER
) STRICT;
CREATE INDEX timeline_item_incident ON timeline_item (incident_id, at, seq);
CREATE INDEX timeline_item_item ON timeline_item (item);
CREATE INDEX incident_merged ON incident (merged_into) WHERE merged_into IS NOT NULL;

-- Which bytes of the vault are evidence, to know when nobody needs them any more.
CREATE TABLE evidence (
    seq INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,
    redacted INTEGER NOT NULL
) STRICT;
CREATE INDEX evidence_sha256 ON evidence (sha256) WHERE redacted = 0;
