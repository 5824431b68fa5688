-- The acceptance that the holder of a dedupe key took it from, which counts again if the holder never gets one; null: none.
ALTER TABLE dedupe ADD COLUMN previous_run TEXT;
ALTER TABLE dedupe ADD COLUMN previous_record BIGINT;
ALTER TABLE dedupe ADD COLUMN previous_accepted_at BIGINT;
ALTER TABLE dedupe ADD COLUMN previous_content TEXT;

-- What the operator ordered for a lead that is SENDING, should it come back to the queue: HELD, CANCELLED; empty: nothing.
ALTER TABLE lead ADD COLUMN back_as TEXT NOT NULL DEFAULT '';
CREATE INDEX lead_back ON lead (run) WHERE back_as <> '';
UPDATE lead SET back_as = 'HELD' WHERE state = 'SENDING' AND run IN (SELECT id FROM run WHERE sample = 0);
UPDATE lead SET back_as = 'CANCELLED' WHERE state = 'SENDING' AND run IN (SELECT id FROM run WHERE cancelled = 1);
