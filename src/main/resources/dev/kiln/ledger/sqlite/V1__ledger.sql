-- The ledger: the one source of truth and the queue. Times are epoch milliseconds, amounts are thousandths.

CREATE TABLE workspace (
  name        TEXT PRIMARY KEY,
  holder      TEXT    NOT NULL DEFAULT '',
  epoch       BIGINT  NOT NULL DEFAULT 0,
  lease_until BIGINT  NOT NULL DEFAULT 0,
  pause_until BIGINT  NOT NULL DEFAULT 0
);

CREATE TABLE run (
  id           TEXT PRIMARY KEY,
  name         TEXT    NOT NULL,
  source       TEXT    NOT NULL,
  priority     INTEGER NOT NULL,
  content_hash TEXT    NOT NULL,
  state        TEXT    NOT NULL,             -- READING, READ, REFUSED
  problem      TEXT    NOT NULL DEFAULT '',  -- why it was refused
  checkpoint   BIGINT  NOT NULL DEFAULT 0,   -- the last record stored
  rows_read    BIGINT  NOT NULL DEFAULT 0,   -- by the reader's own count
  rows_skipped BIGINT  NOT NULL DEFAULT 0,   -- blank, title and total lines
  doubted      BIGINT  NOT NULL DEFAULT 0,   -- leads marked possible_duplicate
  opened_at    BIGINT  NOT NULL,
  closed_at    BIGINT
);
CREATE INDEX run_content ON run (content_hash);

CREATE TABLE batch (
  run          TEXT    NOT NULL,
  first_record BIGINT  NOT NULL,
  last_record  BIGINT  NOT NULL,
  stored_at    BIGINT  NOT NULL,
  PRIMARY KEY (run, first_record)
) WITHOUT ROWID;

CREATE TABLE lead (
  id                 INTEGER PRIMARY KEY,    -- ascending with age
  run                TEXT    NOT NULL,
  record             BIGINT  NOT NULL,       -- run and record are the lead_id
  line               BIGINT  NOT NULL,
  source             TEXT    NOT NULL,
  table_name         TEXT    NOT NULL,
  priority           INTEGER NOT NULL,
  state              TEXT    NOT NULL,
  reason             TEXT    NOT NULL DEFAULT '',
  due_at             BIGINT  NOT NULL,
  sends              INTEGER NOT NULL DEFAULT 0,   -- begins
  attempts           INTEGER NOT NULL DEFAULT 0,   -- those that count
  webhook            TEXT,
  epoch              BIGINT,
  possible_duplicate INTEGER NOT NULL DEFAULT 0,
  dedupe_key         TEXT,
  payload            TEXT    NOT NULL,
  created_at         BIGINT  NOT NULL,
  changed_at         BIGINT  NOT NULL
);
CREATE UNIQUE INDEX lead_identity ON lead (run, record);
CREATE INDEX lead_due ON lead (table_name, priority, id, due_at) WHERE state = 'QUEUED';
CREATE INDEX lead_sending ON lead (table_name, epoch) WHERE state = 'SENDING';
CREATE INDEX lead_doubted ON lead (run) WHERE possible_duplicate = 1;

CREATE TABLE attempt (
  lead       BIGINT  NOT NULL,
  number     INTEGER NOT NULL,
  webhook    TEXT    NOT NULL,
  epoch      BIGINT  NOT NULL,
  begun_at   BIGINT  NOT NULL,
  credits    BIGINT  NOT NULL,
  actions    BIGINT  NOT NULL,
  periods    TEXT    NOT NULL,               -- the budget periods charged, one a line
  settled_at BIGINT,
  outcome    TEXT,
  status     INTEGER,
  millis     BIGINT,
  bytes      INTEGER,
  note       TEXT,
  PRIMARY KEY (lead, number)
) WITHOUT ROWID;

CREATE TABLE dedupe (
  table_name TEXT   NOT NULL,
  dedupe_key TEXT   NOT NULL,
  run        TEXT   NOT NULL,
  record     BIGINT NOT NULL,
  until      BIGINT NOT NULL,
  PRIMARY KEY (table_name, dedupe_key)
) WITHOUT ROWID;

CREATE TABLE tally (
  run        TEXT   NOT NULL,
  table_name TEXT   NOT NULL,
  state      TEXT   NOT NULL,
  leads      BIGINT NOT NULL,
  PRIMARY KEY (run, table_name, state)
) WITHOUT ROWID;

CREATE TABLE webhook (
  id         TEXT PRIMARY KEY,               -- SHA-256 of its URL
  name       TEXT    NOT NULL,
  table_name TEXT    NOT NULL,
  clay_table TEXT    NOT NULL,
  position   INTEGER NOT NULL,               -- order of filling
  cap        BIGINT  NOT NULL,
  used       BIGINT  NOT NULL,
  state      TEXT    NOT NULL DEFAULT 'OPEN',
  reason     TEXT    NOT NULL DEFAULT '',
  refusals   INTEGER NOT NULL DEFAULT 0,     -- in a row
  refused_at BIGINT  NOT NULL DEFAULT 0,
  probe_at   BIGINT  NOT NULL DEFAULT 0,
  listed     INTEGER NOT NULL DEFAULT 1      -- whether the catalogue still names it
);
CREATE INDEX webhook_table ON webhook (table_name, position);

CREATE TABLE clay_table (
  name TEXT PRIMARY KEY,
  used BIGINT NOT NULL
);

CREATE TABLE spend (
  period  TEXT PRIMARY KEY,
  credits BIGINT NOT NULL,
  actions BIGINT NOT NULL
);

-- What the operator has paused: it stays so over restarts, on every node.
CREATE TABLE paused (
  kind  TEXT   NOT NULL,                     -- workspace or table
  name  TEXT   NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (kind, name)
) WITHOUT ROWID;

-- Why tables wait, as their leader last saw it.
CREATE TABLE waiting (
  table_name TEXT PRIMARY KEY,
  kind       TEXT   NOT NULL,
  reason     TEXT   NOT NULL,
  since      BIGINT NOT NULL
);
