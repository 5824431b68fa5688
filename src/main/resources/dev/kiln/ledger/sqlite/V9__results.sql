-- Rows that came back from Clay. Ids ascend in the order of arrival, in which they go onward.
CREATE TABLE result (
  id           INTEGER PRIMARY KEY,
  run          TEXT   NOT NULL,              -- run and record are the lead's
  record       BIGINT NOT NULL,
  table_name   TEXT   NOT NULL,
  content_hash TEXT   NOT NULL,
  body         TEXT   NOT NULL,              -- as it came
  received_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX result_content ON result (run, record, content_hash);
CREATE INDEX result_table ON result (table_name, id);

-- What came back and belongs to no lead that was sent.
CREATE TABLE quarantine (
  id           INTEGER PRIMARY KEY,
  table_name   TEXT   NOT NULL,              -- as the request named it
  lead_id      TEXT   NOT NULL,              -- as the request named it; empty where it did not
  reason       TEXT   NOT NULL,
  content_hash TEXT   NOT NULL,
  body         TEXT   NOT NULL,
  received_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX quarantine_content ON quarantine (table_name, lead_id, content_hash);

-- Tables whose rows are to come back.
CREATE TABLE expecting (
  table_name   TEXT PRIMARY KEY,
  since        BIGINT NOT NULL,              -- only leads accepted from then on can be missing
  silent_since BIGINT                        -- null while rows come back
) WITHOUT ROWID;

-- How many leads came back with a field filled; the empty field counts all that came back.
CREATE TABLE filled (
  table_name TEXT   NOT NULL,
  field      TEXT   NOT NULL,
  leads      BIGINT NOT NULL,
  PRIMARY KEY (table_name, field)
) WITHOUT ROWID;

CREATE INDEX lead_awaited ON lead (table_name, changed_at) WHERE state = 'ACCEPTED';

-- How far results went on to each target, and what it waits for.
CREATE TABLE onward (
  target   TEXT PRIMARY KEY,
  position BIGINT  NOT NULL,                 -- the last result that is done with
  failures INTEGER NOT NULL,                 -- in a row, of the next one
  due_at   BIGINT  NOT NULL,
  reason   TEXT    NOT NULL,
  written  TEXT    NOT NULL                  -- what the target keeps with its position
) WITHOUT ROWID;

-- Results that a target does not take.
CREATE TABLE dead_letter (
  target  TEXT   NOT NULL,
  result  BIGINT NOT NULL,
  reason  TEXT   NOT NULL,
  dead_at BIGINT NOT NULL,
  again   INTEGER NOT NULL DEFAULT 0,        -- whether the operator wants it delivered
  PRIMARY KEY (target, result)
) WITHOUT ROWID;

-- When it was told that nothing of a run is under way any more; runs of before are not told.
ALTER TABLE run ADD COLUMN told_at BIGINT;
UPDATE run SET told_at = closed_at;
