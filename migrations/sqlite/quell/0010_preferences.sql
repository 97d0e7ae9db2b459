-- How people like the console, and the views that they saved. No matter of the ledger: nothing of it is about an incident.

CREATE TABLE preference (
    user_id TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE saved_view (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    screen TEXT NOT NULL,
    search TEXT NOT NULL,
    -- 1 if everybody sees it.
    shared INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX saved_view_user ON saved_view (user_id);
