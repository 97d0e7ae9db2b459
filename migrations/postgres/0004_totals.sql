-- How many alerts there are of each kind, for counts that are fast however many there are. Triggers keep it; rows whose number
-- became 0 stay. incident_id is empty for alerts that are in none.
CREATE TABLE alert_total (
    incident_id TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    severity BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (incident_id, source, status, severity)
);

INSERT INTO alert_total (incident_id, source, status, severity, number)
SELECT coalesce(incident_id, ''), source, status, severity, count(*) FROM alert GROUP BY 1, 2, 3, 4;

CREATE FUNCTION alert_total_raised() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO alert_total (incident_id, source, status, severity, number)
    SELECT coalesce(incident_id, ''), source, status, severity, count(*) FROM added GROUP BY 1, 2, 3, 4
    ON CONFLICT (incident_id, source, status, severity) DO UPDATE SET number = alert_total.number + excluded.number;
    RETURN NULL;
END
$$;

CREATE FUNCTION alert_total_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO alert_total (incident_id, source, status, severity, number)
    SELECT coalesce(incident_id, ''), source, status, severity, sum(step) FROM (
        SELECT incident_id, source, status, severity, 1 AS step FROM added
        UNION ALL SELECT incident_id, source, status, severity, -1 FROM removed
    ) AS steps GROUP BY 1, 2, 3, 4 HAVING sum(step) <> 0
    ON CONFLICT (incident_id, source, status, severity) DO UPDATE SET number = alert_total.number + excluded.number;
    RETURN NULL;
END
$$;

CREATE TRIGGER alert_total_raised AFTER INSERT ON alert
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION alert_total_raised();
CREATE TRIGGER alert_total_changed AFTER UPDATE ON alert
    REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION alert_total_changed();
