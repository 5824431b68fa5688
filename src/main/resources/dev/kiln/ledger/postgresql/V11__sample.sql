-- So many rows of a run that pass intake are queued, those behind them are held; null queues all, 0 none.
ALTER TABLE run ADD COLUMN sample BIGINT;

-- Whether the operator has withdrawn the run: what would be queued of it from then on is cancelled.
ALTER TABLE run ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0;

-- What was asked for need not be a mode: dedupe is empty then.
ALTER TABLE asked ADD COLUMN sample BIGINT;
