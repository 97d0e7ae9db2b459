-- How people like the console, and the views that they saved. No matter of the ledger: nothing of it is about an incident.

CREATE TABLE preference (
    user_id TEXT COLLATE "C" PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE saved_view (
    id TEXT COLLATE "C" PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    screen TEXT COLLATE "C" NOT NULL,
    search TEXT NOT NULL,
    -- 1 if everybody sees it.
    shared BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX saved_view_user ON saved_view (user_id);
