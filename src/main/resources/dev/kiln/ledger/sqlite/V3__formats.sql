-- What is unusual about how a run's file is written, such as a fallback encoding; empty for a plain one.
ALTER TABLE run ADD COLUMN note TEXT NOT NULL DEFAULT '';
