-- Messages that Quell sends, and how far each is. `tries` and `next_at` are no matter of the ledger.
CREATE TABLE message (
    seq INTEGER PRIMARY KEY,
    incident_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    target TEXT NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    acknowledge_by INTEGER
) STRICT;
CREATE INDEX message_waiting ON message (channel, target, seq) WHERE state = 'waiting';
CREATE INDEX message_unheard ON message (acknowledge_by) WHERE acknowledge_by IS NOT NULL;
