-- Read models: made from the ledger, and made anew from it by a rebuild. In alert, only what people decided is.
CREATE TABLE incident (
    num BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    severity BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    restricted BIGINT NOT NULL,
    team TEXT COLLATE "C",
    assignee TEXT COLLATE "C",
    merged_into TEXT COLLATE "C",
    title TEXT COLLATE "C" NOT NULL,
    first_seen BIGINT,
    last_seen BIGINT,
    alerts BIGINT NOT NULL,
    techniques TEXT COLLATE "C" NOT NULL,
    hosts TEXT COLLATE "C" NOT NULL,
    principals TEXT COLLATE "C" NOT NULL,
    story TEXT COLLATE "C" NOT NULL,
    tokens TSVECTOR NOT NULL DEFAULT ''::tsvector
);
CREATE INDEX incident_newest ON incident (opened_at, id);
CREATE INDEX incident_severity ON incident (severity, opened_at, id);
CREATE INDEX incident_status ON incident (status, opened_at, id);
CREATE INDEX incident_assignee ON incident (assignee, opened_at, id);
CREATE INDEX incident_team ON incident (team, opened_at, id);
CREATE INDEX incident_facets ON incident (status, severity, restricted, team, id);

CREATE INDEX incident_tokens ON incident USING gin (tokens);

CREATE TABLE incident_technique (
    technique TEXT COLLATE "C" NOT NULL,
    incident_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (technique, incident_id)
);
CREATE INDEX incident_technique_incident ON incident_technique (incident_id);

-- Names of hosts in lower case.
CREATE TABLE incident_host (
    host TEXT COLLATE "C" NOT NULL,
    incident_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (host, incident_id)
);
CREATE INDEX incident_host_incident ON incident_host (incident_id);

-- Who sees a restricted incident.
CREATE TABLE incident_member (
    incident_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (incident_id, user_id)
);

CREATE TABLE incident_source (
    incident_id TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (incident_id, source)
);
CREATE INDEX incident_source_source ON incident_source (source, incident_id);

-- Which incident alerts of a group belong to.
CREATE TABLE alert_group (
    group_id TEXT COLLATE "C" PRIMARY KEY,
    incident_id TEXT COLLATE "C" NOT NULL
);
CREATE INDEX alert_group_incident ON alert_group (incident_id);

-- num is the order in which alerts were raised.
CREATE TABLE alert (
    num BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    group_id TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    rule_id TEXT COLLATE "C" NOT NULL,
    severity BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    incident_id TEXT COLLATE "C",
    time BIGINT,
    raised_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    assignee TEXT COLLATE "C",
    event BIGINT NOT NULL,
    mapping TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    tags TEXT COLLATE "C" NOT NULL,
    matched TEXT COLLATE "C" NOT NULL,
    tokens TSVECTOR NOT NULL DEFAULT ''::tsvector
);
CREATE INDEX alert_severity ON alert (severity, num);
CREATE INDEX alert_status ON alert (status, num);
CREATE INDEX alert_status_severity ON alert (status, severity, num);
CREATE INDEX alert_group_id ON alert (group_id, num);
CREATE INDEX alert_rule ON alert (rule_id, num);
CREATE INDEX alert_source ON alert (source, num);
CREATE INDEX alert_time ON alert (time);
CREATE INDEX alert_facets ON alert (incident_id, source, status, severity);

CREATE INDEX alert_tokens ON alert USING gin (tokens);

CREATE TABLE alert_technique (
    technique TEXT COLLATE "C" NOT NULL,
    num BIGINT NOT NULL,
    PRIMARY KEY (technique, num)
);

CREATE TABLE team (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL UNIQUE,
    version BIGINT NOT NULL
);

CREATE TABLE app_user (
    id TEXT COLLATE "C" PRIMARY KEY,
    login TEXT COLLATE "C" NOT NULL,
    login_folded TEXT COLLATE "C" NOT NULL UNIQUE,
    display_name TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    enabled BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE user_team (
    user_id TEXT COLLATE "C" NOT NULL,
    team_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, team_id)
);

CREATE TABLE user_identity (
    issuer TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (issuer, subject)
);

CREATE TABLE source (
    name TEXT COLLATE "C" PRIMARY KEY,
    description TEXT COLLATE "C" NOT NULL,
    team TEXT COLLATE "C",
    silent_after_seconds BIGINT,
    silent BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- Side tables: no matter of the ledger, and kept by a rebuild.
CREATE TABLE source_health (
    source TEXT COLLATE "C" PRIMARY KEY,
    records BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    alerts BIGINT NOT NULL,
    last_received_at BIGINT,
    last_event_at BIGINT
);

CREATE TABLE user_password (
    user_id TEXT COLLATE "C" PRIMARY KEY,
    phc TEXT COLLATE "C" NOT NULL
);

CREATE TABLE user_factor (
    id TEXT COLLATE "C" PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    label TEXT COLLATE "C" NOT NULL,
    secret BYTEA NOT NULL,
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX user_factor_user ON user_factor (user_id);

CREATE TABLE user_session (
    id TEXT COLLATE "C" PRIMARY KEY,
    secret_hash BYTEA NOT NULL UNIQUE,
    user_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C" NOT NULL
);
CREATE INDEX user_session_user ON user_session (user_id);
CREATE INDEX user_session_expires ON user_session (expires_at);

CREATE TABLE user_token (
    id TEXT COLLATE "C" PRIMARY KEY,
    secret_hash BYTEA NOT NULL UNIQUE,
    user_id TEXT COLLATE "C" NOT NULL,
    label TEXT COLLATE "C" NOT NULL,
    rights TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked BIGINT NOT NULL
);
CREATE INDEX user_token_user ON user_token (user_id);

-- Secrets that work once.
CREATE TABLE once (
    hash BYTEA PRIMARY KEY,
    purpose TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Answers to requests that may be sent twice.
CREATE TABLE answer (
    user_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    request_hash BYTEA NOT NULL,
    status BIGINT NOT NULL,
    body BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, name)
);

CREATE TABLE setting (
    name TEXT COLLATE "C" PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);
