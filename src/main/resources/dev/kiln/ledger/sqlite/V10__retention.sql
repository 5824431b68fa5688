-- Rows through a webhook that are in doubt and no longer in the attempt log, since their leads were purged.
ALTER TABLE webhook ADD COLUMN purged_doubts BIGINT NOT NULL DEFAULT 0;

-- Whether all leads of a run were purged; their counts stay.
ALTER TABLE run ADD COLUMN purged INTEGER NOT NULL DEFAULT 0;
