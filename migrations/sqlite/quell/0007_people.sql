-- What people say: which alerts belong together, where an incident comes from, what an entity is, whom to tell, what a rule
-- should leave alone.

-- 1: people said where these alerts belong; Quell leaves them there.
ALTER TABLE alert_group ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
CREATE INDEX alert_group_held ON alert_group (incident_id) WHERE held = 1;

ALTER TABLE alert ADD COLUMN duplicate_of TEXT;

ALTER TABLE incident ADD COLUMN origin TEXT;
ALTER TABLE incident ADD COLUMN exercise INTEGER NOT NULL DEFAULT 0;

-- What was said about entities in incidents, entry by entry. name is lower case.
CREATE TABLE entity_word (
    seq INTEGER PRIMARY KEY,
    incident_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    word TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX entity_word_name ON entity_word (name, seq);
CREATE INDEX entity_word_incident ON entity_word (incident_id);

CREATE TABLE stakeholder (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;

-- Filters that false positives of a rule led to.
CREATE TABLE tuning (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    alert_id TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    proposed_at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX tuning_alert ON tuning (alert_id);
