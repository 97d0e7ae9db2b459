-- What people say: which alerts belong together, where an incident comes from, what an entity is, whom to tell, what a rule
-- should leave alone.

-- 1: people said where these alerts belong; Quell leaves them there.
ALTER TABLE alert_group ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
CREATE INDEX alert_group_held ON alert_group (incident_id) WHERE held = 1;

ALTER TABLE alert ADD COLUMN duplicate_of TEXT COLLATE "C";

ALTER TABLE incident ADD COLUMN origin TEXT COLLATE "C";
ALTER TABLE incident ADD COLUMN exercise BIGINT NOT NULL DEFAULT 0;

-- What was said about entities in incidents, entry by entry. name is lower case.
CREATE TABLE entity_word (
    seq BIGINT PRIMARY KEY,
    incident_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    word TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX entity_word_name ON entity_word (name, seq);
CREATE INDEX entity_word_incident ON entity_word (incident_id);

CREATE TABLE stakeholder (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL
);

-- Filters that false positives of a rule led to.
CREATE TABLE tuning (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    alert_id TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    proposed_at BIGINT NOT NULL,
    body TEXT COLLATE "C" NOT NULL
);
CREATE INDEX tuning_alert ON tuning (alert_id);
