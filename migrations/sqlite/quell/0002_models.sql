-- Read models: made from the ledger, and made anew from it by a rebuild. In alert, only what people decided is.
CREATE TABLE incident (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    status TEXT NOT NULL,
    severity BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    restricted BIGINT NOT NULL,
    team TEXT,
    assignee TEXT,
    merged_into TEXT,
    title TEXT NOT NULL,
    first_seen BIGINT,
    last_seen BIGINT,
    alerts BIGINT NOT NULL,
    techniques TEXT NOT NULL,
    hosts TEXT NOT NULL,
    principals TEXT NOT NULL,
    story TEXT NOT NULL
);
CREATE INDEX incident_newest ON incident (opened_at, id);
CREATE INDEX incident_severity ON incident (severity, opened_at, id);
CREATE INDEX incident_status ON incident (status, opened_at, id);
CREATE INDEX incident_assignee ON incident (assignee, opened_at, id);
CREATE INDEX incident_team ON incident (team, opened_at, id);
CREATE INDEX incident_facets ON incident (status, severity, restricted, team, id);

-- Own tokens, divided by spaces; `.` stays inside them. rowid is incident.num.
CREATE VIRTUAL TABLE incident_text USING fts5(words, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '.'");

CREATE TABLE incident_technique (
    technique TEXT NOT NULL,
    incident_id TEXT NOT NULL,
    PRIMARY KEY (technique, incident_id)
) WITHOUT ROWID;
CREATE INDEX incident_technique_incident ON incident_technique (incident_id);

-- Names of hosts in lower case.
CREATE TABLE incident_host (
    host TEXT NOT NULL,
    incident_id TEXT NOT NULL,
    PRIMARY KEY (host, incident_id)
) WITHOUT ROWID;
CREATE INDEX incident_host_incident ON incident_host (incident_id);

-- Who sees a restricted incident.
CREATE TABLE incident_member (
    incident_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (incident_id, user_id)
) WITHOUT ROWID;

CREATE TABLE incident_source (
    incident_id TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (incident_id, source)
) WITHOUT ROWID;
CREATE INDEX incident_source_source ON incident_source (source, incident_id);

-- Which incident alerts of a group belong to.
CREATE TABLE alert_group (
    group_id TEXT PRIMARY KEY,
    incident_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX alert_group_incident ON alert_group (incident_id);

-- num is the order in which alerts were raised.
CREATE TABLE alert (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    group_id TEXT NOT NULL,
    source TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    severity BIGINT NOT NULL,
    status TEXT NOT NULL,
    incident_id TEXT,
    time BIGINT,
    raised_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    assignee TEXT,
    event BIGINT NOT NULL,
    mapping TEXT NOT NULL,
    title TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    tags TEXT NOT NULL,
    matched TEXT NOT NULL
);
CREATE INDEX alert_severity ON alert (severity, num);
CREATE INDEX alert_status ON alert (status, num);
CREATE INDEX alert_status_severity ON alert (status, severity, num);
CREATE INDEX alert_group_id ON alert (group_id, num);
CREATE INDEX alert_rule ON alert (rule_id, num);
CREATE INDEX alert_source ON alert (source, num);
CREATE INDEX alert_time ON alert (time);
CREATE INDEX alert_facets ON alert (incident_id, source, status, severity);

-- Own tokens, divided by spaces; `.` stays inside them. rowid is alert.num.
CREATE VIRTUAL TABLE alert_text USING fts5(words, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '.'");

CREATE TABLE alert_technique (
    technique TEXT NOT NULL,
    num BIGINT NOT NULL,
    PRIMARY KEY (technique, num)
) WITHOUT ROWID;

CREATE TABLE team (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    version BIGINT NOT NULL
);

CREATE TABLE app_user (
    id TEXT PRIMARY KEY,
    login TEXT NOT NULL,
    login_folded TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE user_team (
    user_id TEXT NOT NULL,
    team_id TEXT NOT NULL,
    PRIMARY KEY (user_id, team_id)
) WITHOUT ROWID;

CREATE TABLE user_identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (issuer, subject)
) WITHOUT ROWID;

CREATE TABLE source (
    name TEXT PRIMARY KEY,
    description TEXT NOT NULL,
    team TEXT,
    silent_after_seconds BIGINT,
    silent BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- Side tables: no matter of the ledger, and kept by a rebuild.
CREATE TABLE source_health (
    source TEXT PRIMARY KEY,
    records BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    alerts BIGINT NOT NULL,
    last_received_at BIGINT,
    last_event_at BIGINT
);

CREATE TABLE user_password (
    user_id TEXT PRIMARY KEY,
    phc TEXT NOT NULL
);

CREATE TABLE user_factor (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    secret BLOB NOT NULL,
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX user_factor_user ON user_factor (user_id);

CREATE TABLE user_session (
    id TEXT PRIMARY KEY,
    secret_hash BLOB NOT NULL UNIQUE,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    method TEXT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL
);
CREATE INDEX user_session_user ON user_session (user_id);
CREATE INDEX user_session_expires ON user_session (expires_at);

CREATE TABLE user_token (
    id TEXT PRIMARY KEY,
    secret_hash BLOB NOT NULL UNIQUE,
    user_id TEXT NOT NULL,
    label TEXT NOT NULL,
    rights TEXT NOT NULL,
    source TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked BIGINT NOT NULL
);
CREATE INDEX user_token_user ON user_token (user_id);

-- Secrets that work once.
CREATE TABLE once (
    hash BLOB PRIMARY KEY,
    purpose TEXT NOT NULL,
    subject TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Answers to requests that may be sent twice.
CREATE TABLE answer (
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status BIGINT NOT NULL,
    body BLOB NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, name)
);

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
