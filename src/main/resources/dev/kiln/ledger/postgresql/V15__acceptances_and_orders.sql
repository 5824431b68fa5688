-- The acceptance that the holder of a dedupe key took it from, which counts again if the holder never gets one; null: none.
ALTER TABLE dedupe ADD COLUMN previous_run TEXT;
ALTER TABLE dedupe ADD COLUMN previous_record BIGINT;
ALTER TABLE dedupe ADD COLUMN previous_accepted_at BIGINT;
ALTER TABLE dedupe ADD COLUMN previous_content TEXT;
