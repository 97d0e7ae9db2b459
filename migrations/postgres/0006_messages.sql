-- Messages that Quell sends, and how far each is. `tries` and `next_at` are no matter of the ledger.
CREATE TABLE message (
    seq BIGINT PRIMARY KEY,
    incident_id TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    tries BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    acknowledge_by BIGINT
);
CREATE INDEX message_waiting ON message (channel, target, seq) WHERE state = 'waiting';
CREATE INDEX message_unheard ON message (acknowledge_by) WHERE acknowledge_by IS NOT NULL;
