-- What one process does for all that share this ledger: held until a time, by the ledger's clock.
CREATE TABLE duty (
  name   TEXT COLLATE "C" PRIMARY KEY,
  holder TEXT   NOT NULL,
  until  BIGINT NOT NULL
);

-- Who reads a run, and until when nobody else may; empty: nobody in particular.
ALTER TABLE run ADD COLUMN reader TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN reader_until BIGINT NOT NULL DEFAULT 0;
