-- How a run stands, for lists. No matter of the ledger: whoever carries a run on says it. Runs of before are looked at once more.

ALTER TABLE run ADD COLUMN standing TEXT NOT NULL DEFAULT 'running';
UPDATE run SET next_at = updated_at WHERE next_at IS NULL;
CREATE INDEX run_standing ON run (begun_at) WHERE standing <> 'ended';
