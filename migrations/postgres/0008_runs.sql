-- Runs of playbooks. What a run is follows from its stream; here is what finds it, and who is working on it.

CREATE TABLE run (
    id TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    incident_id TEXT COLLATE "C" NOT NULL,
    playbook TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    -- 1 if nothing outside is touched.
    simulated BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- When somebody has to look at it next; none if nothing is left to do. No matter of the ledger.
    next_at BIGINT,
    lease_holder TEXT COLLATE "C",
    lease_until BIGINT
);
CREATE INDEX run_incident ON run (incident_id);
CREATE INDEX run_next ON run (next_at) WHERE next_at IS NOT NULL;
