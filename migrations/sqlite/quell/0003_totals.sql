-- How many alerts there are of each kind, for counts that are fast however many there are. Triggers keep it; rows whose number
-- became 0 stay. incident_id is empty for alerts that are in none.
CREATE TABLE alert_total (
    incident_id TEXT NOT NULL,
    source TEXT NOT NULL,
    status TEXT NOT NULL,
    severity BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (incident_id, source, status, severity)
) WITHOUT ROWID;

INSERT INTO alert_total (incident_id, source, status, severity, number)
SELECT coalesce(incident_id, ''), source, status, severity, count(*) FROM alert GROUP BY 1, 2, 3, 4;

CREATE TRIGGER alert_total_raised AFTER INSERT ON alert
BEGIN
    INSERT INTO alert_total (incident_id, source, status, severity, number)
    VALUES (coalesce(new.incident_id, ''), new.source, new.status, new.severity, 1)
    ON CONFLICT (incident_id, source, status, severity) DO UPDATE SET number = number + 1;
END;

CREATE TRIGGER alert_total_changed AFTER UPDATE OF incident_id, source, status, severity ON alert
BEGIN
    UPDATE alert_total SET number = number - 1
    WHERE incident_id = coalesce(old.incident_id, '') AND source = old.source AND status = old.status
        AND severity = old.severity;
    INSERT INTO alert_total (incident_id, source, status, severity, number)
    VALUES (coalesce(new.incident_id, ''), new.source, new.status, new.severity, 1)
    ON CONFLICT (incident_id, source, status, severity) DO UPDATE SET number = number + 1;
END;
