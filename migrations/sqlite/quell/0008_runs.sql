-- Runs of playbooks. What a run is follows from its stream; here is what finds it, and who is working on it.

CREATE TABLE run (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    incident_id TEXT NOT NULL,
    playbook TEXT NOT NULL,
    name TEXT NOT NULL,
    -- 1 if nothing outside is touched.
    simulated INTEGER NOT NULL,
    begun_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- When somebody has to look at it next; none if nothing is left to do. No matter of the ledger.
    next_at INTEGER,
    lease_holder TEXT,
    lease_until INTEGER
) STRICT;
CREATE INDEX run_incident ON run (incident_id);
CREATE INDEX run_next ON run (next_at) WHERE next_at IS NOT NULL;
