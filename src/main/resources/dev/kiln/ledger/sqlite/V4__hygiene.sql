-- A key is held while its lead is not settled, and from Clay's acceptance on for the dedupe window.
ALTER TABLE dedupe ADD COLUMN accepted_at BIGINT;  -- null while it is on its way
ALTER TABLE dedupe ADD COLUMN content TEXT;        -- what identifies the lead's fields
UPDATE dedupe SET accepted_at = (
  SELECT lead.changed_at FROM lead
  WHERE lead.run = dedupe.run AND lead.record = dedupe.record
    AND lead.state IN ('ACCEPTED', 'ENRICHED', 'MISSING'));
ALTER TABLE dedupe DROP COLUMN until;

ALTER TABLE run ADD COLUMN dedupe TEXT NOT NULL DEFAULT 'SKIP';  -- SKIP, CHANGED, FORCE
ALTER TABLE run ADD COLUMN rejects TEXT NOT NULL DEFAULT '';     -- the file of its rejected rows, within the data folder

ALTER TABLE lead ADD COLUMN note TEXT NOT NULL DEFAULT '';       -- what a person should know of its data
CREATE INDEX lead_rejected ON lead (run, record) WHERE state = 'REJECTED';

-- How the next run of a content from a source treats known leads, where a person asked for it.
CREATE TABLE asked (
  content_hash TEXT   NOT NULL,
  source       TEXT   NOT NULL,
  dedupe       TEXT   NOT NULL,
  asked_at     BIGINT NOT NULL,
  PRIMARY KEY (content_hash, source)
);

-- Rows of a run that were not sent, by reason, and the credits that they would have cost.
CREATE TABLE unsent (
  run     TEXT   NOT NULL,
  state   TEXT   NOT NULL,                   -- REJECTED, DUPLICATE
  kind    TEXT   NOT NULL,
  leads   BIGINT NOT NULL,
  credits BIGINT NOT NULL,
  PRIMARY KEY (run, state, kind)
);

-- What intake noticed of a run's rows: damaged numbers and blocked columns by header, unmapped industries by name.
CREATE TABLE noticed (
  run   TEXT   NOT NULL,
  kind  TEXT   NOT NULL,
  name  TEXT   NOT NULL,                     -- empty: all names beyond the first hundred
  leads BIGINT NOT NULL,
  PRIMARY KEY (run, kind, name)
);
