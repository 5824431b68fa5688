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
CREATE TABLE batch (
  run          TEXT    NOT NULL,
  first_record BIGINT  NOT NULL,
  last_record  BIGINT  NOT NULL,
  stored_at    BIGINT  NOT NULL,
  PRIMARY KEY (run, first_record)
) WITHOUT ROWID;
CREATE TABLE clay_table (
  name TEXT PRIMARY KEY,
  used BIGINT NOT NULL
);
CREATE TABLE dedupe (
  table_name TEXT   NOT NULL,
  dedupe_key TEXT   NOT NULL,
  run        TEXT   NOT NULL,
  record     BIGINT NOT NULL,
  until      BIGINT NOT NULL,
  PRIMARY KEY (table_name, dedupe_key)
) WITHOUT ROWID;
CREATE TABLE "flyway_schema_history" (
    "installed_rank" INT NOT NULL PRIMARY KEY,
    "version" VARCHAR(50),
    "description" VARCHAR(200) NOT NULL,
    "type" VARCHAR(20) NOT NULL,
    "script" VARCHAR(1000) NOT NULL,
    "checksum" INT,
    "installed_by" VARCHAR(100) NOT NULL,
    "installed_on" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f','now')),
    "execution_time" INT NOT NULL,
    "success" BOOLEAN NOT NULL
);
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
CREATE TABLE paused (
  kind  TEXT   NOT NULL,                     -- workspace or table
  name  TEXT   NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (kind, name)
) WITHOUT ROWID;
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
CREATE TABLE spend (
  period  TEXT PRIMARY KEY,
  credits BIGINT NOT NULL,
  actions BIGINT NOT NULL
);
CREATE TABLE tally (
  run        TEXT   NOT NULL,
  table_name TEXT   NOT NULL,
  state      TEXT   NOT NULL,
  leads      BIGINT NOT NULL,
  PRIMARY KEY (run, table_name, state)
) WITHOUT ROWID;
CREATE TABLE waiting (
  table_name TEXT PRIMARY KEY,
  kind       TEXT   NOT NULL,
  reason     TEXT   NOT NULL,
  since      BIGINT NOT NULL
);
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
CREATE TABLE workspace (
  name        TEXT PRIMARY KEY,
  holder      TEXT    NOT NULL DEFAULT '',
  epoch       BIGINT  NOT NULL DEFAULT 0,
  lease_until BIGINT  NOT NULL DEFAULT 0,
  pause_until BIGINT  NOT NULL DEFAULT 0
);
INSERT INTO "attempt" VALUES (15, 1, 'sha256 of tech-1', 1, 1709200800000, 1000, 2000, 'day 2026-11-25
month', 1709200800000, 'ACCEPTED', 200, 180, 300, '');
INSERT INTO "attempt" VALUES (16, 1, 'sha256 of tech-1', 1, 1709200800000, 1000, 2000, 'day 2026-11-25
month', 1709200800000, 'REFUSED', 400, 180, 300, 'HTTP 400 bad');
INSERT INTO "attempt" VALUES (2, 1, 'sha256 of tech-1', 1, 1709200800000, 1000, 2000, 'day 2026-11-25
month', 1709200800000, 'DEAD', 500, 180, 300, 'HTTP 500 broken');
INSERT INTO "attempt" VALUES (3, 1, 'sha256 of tech-1', 1, 1709200800000, 1000, 2000, 'day 2026-11-25
month', 1709200800000, 'QUEUED', 503, 180, 300, 'HTTP 503 busy');
INSERT INTO "attempt" VALUES (4, 1, 'sha256 of tech-1', 1, 1709200800000, 1000, 2000, 'day 2026-11-25
month', 1709200800000, 'UNKNOWN', 504, 180, 300, 'HTTP 504 late');
INSERT INTO "attempt" VALUES (5, 1, 'sha256 of tech-1', 1, 1709200800000, 1000, 2000, 'day 2026-11-25
month', 1709200800000, 'UNKNOWN', 504, 180, 300, 'HTTP 504 late');
INSERT INTO "attempt" VALUES (6, 1, 'sha256 of tech-1', 1, 1709200800000, 1000, 2000, 'day 2026-11-25
month', 1709200800000, 'QUEUED', 403, 180, 300, 'HTTP 403 full');
INSERT INTO "attempt" VALUES (8, 1, 'sha256 of tech-2', 1, 1709200800000, 1000, 2000, 'day 2026-11-25', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "batch" VALUES ('20240229-b3rxwn', 1, 13, 1709200800000);
INSERT INTO "batch" VALUES ('20240229-d4hdkr', 1, 2, 1709200800000);
INSERT INTO "batch" VALUES ('20240229-hsfz9b', 1, 3, 1709200800000);
INSERT INTO "clay_table" VALUES ('finance-1', 0);
INSERT INTO "clay_table" VALUES ('tech-1', 3);
INSERT INTO "clay_table" VALUES ('tech-2', 1);
INSERT INTO "dedupe" VALUES ('outbound-leads-finance', 'lead;12''s key', '20240229-b3rxwn', 13, 1716976800000);
INSERT INTO "dedupe" VALUES ('outbound-leads-finance', 'lead;6''s key', '20240229-b3rxwn', 7, 1716976800000);
INSERT INTO "dedupe" VALUES ('outbound-leads-tech', 'lead;10''s key', '20240229-b3rxwn', 11, 1716976800000);
INSERT INTO "dedupe" VALUES ('outbound-leads-tech', 'lead;11''s key', '20240229-b3rxwn', 12, 1716976800000);
INSERT INTO "dedupe" VALUES ('outbound-leads-tech', 'lead;2''s key', '20240229-b3rxwn', 3, 1716976800000);
INSERT INTO "dedupe" VALUES ('outbound-leads-tech', 'lead;3''s key', '20240229-b3rxwn', 4, 1716976800000);
INSERT INTO "dedupe" VALUES ('outbound-leads-tech', 'lead;4''s key', '20240229-b3rxwn', 5, 1716976800000);
INSERT INTO "dedupe" VALUES ('outbound-leads-tech', 'lead;5''s key', '20240229-b3rxwn', 6, 1716976800000);
INSERT INTO "dedupe" VALUES ('outbound-leads-tech', 'lead;7''s key', '20240229-b3rxwn', 8, 1716976800000);
INSERT INTO "dedupe" VALUES ('outbound-leads-tech', 'lead;8''s key', '20240229-b3rxwn', 9, 1716976800000);
INSERT INTO "flyway_schema_history" VALUES (1, '1', 'ledger', 'SQL', 'V1__ledger.sql', -2138276901, '', '2026-11-25 08:15:14.756', 8, 1);
INSERT INTO "lead" VALUES (1, '20240229-b3rxwn', 1, 2, '', 'outbound-leads-tech', 1, 'REJECTED', 'email: it has no @', 1709200800000, 0, 0, NULL, NULL, 0, 'key of a bad row', '{"email":"lead1@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (10, '20240229-b3rxwn', 10, 11, '', 'outbound-leads-tech', 1, 'CANCELLED', 'cancelled by the operator', 1709200800000, 0, 0, NULL, NULL, 0, 'lead;9''s key', '{"email":"lead10@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (11, '20240229-b3rxwn', 11, 12, '', 'outbound-leads-tech', 1, 'QUEUED', '', 1709200800000, 0, 0, NULL, NULL, 0, 'lead;10''s key', '{"email":"lead11@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (12, '20240229-b3rxwn', 12, 13, '', 'outbound-leads-tech', 1, 'QUEUED', '', 1709200800000, 0, 0, NULL, NULL, 0, 'lead;11''s key', '{"email":"lead12@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (13, '20240229-b3rxwn', 13, 14, '', 'outbound-leads-finance', 1, 'QUEUED', '', 1709200800000, 0, 0, NULL, NULL, 0, 'lead;12''s key', '{"email":"lead13@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (14, '20240229-hsfz9b', 1, 2, '', 'outbound-leads-tech', 0, 'DUPLICATE', 'the same lead is already known to this table', 1709200800000, 0, 0, NULL, NULL, 0, 'lead;1''s key', '{"email":"lead1@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (15, '20240229-hsfz9b', 2, 3, '', 'outbound-leads-tech', 0, 'ACCEPTED', '', 1709200800000, 1, 0, 'sha256 of tech-1', 1, 0, NULL, '{"email":"lead2@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (16, '20240229-hsfz9b', 3, 4, '', 'outbound-leads-tech', 0, 'REFUSED', 'HTTP 400 bad', 1709200800000, 1, 0, 'sha256 of tech-1', 1, 0, NULL, '{"email":"lead3@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (17, '20240229-d4hdkr', 1, 2, '', 'outbound-leads-finance', 2, 'QUEUED', '', 1709200800000, 0, 0, NULL, NULL, 0, NULL, '{"email":"lead1@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (18, '20240229-d4hdkr', 2, 3, '', 'outbound-leads-finance', 2, 'QUEUED', '', 1709200800000, 0, 0, NULL, NULL, 0, NULL, '{"email":"lead2@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (2, '20240229-b3rxwn', 2, 3, '', 'outbound-leads-tech', 1, 'DEAD', 'HTTP 500 broken', 1709200800000, 1, 1, 'sha256 of tech-1', 1, 0, 'lead;1''s key', '{"email":"lead2@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (3, '20240229-b3rxwn', 3, 4, '', 'outbound-leads-tech', 1, 'QUEUED', 'HTTP 503 busy', 1709200860000, 1, 1, 'sha256 of tech-1', 1, 0, 'lead;2''s key', '{"email":"lead3@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (4, '20240229-b3rxwn', 4, 5, '', 'outbound-leads-tech', 1, 'QUEUED', 'HTTP 504 late', 1709200860000, 1, 1, 'sha256 of tech-1', 1, 1, 'lead;3''s key', '{"email":"lead4@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (5, '20240229-b3rxwn', 5, 6, '', 'outbound-leads-tech', 1, 'UNKNOWN', 'HTTP 504 late', 1709200800000, 1, 1, 'sha256 of tech-1', 1, 0, 'lead;4''s key', '{"email":"lead5@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (6, '20240229-b3rxwn', 6, 7, '', 'outbound-leads-tech', 1, 'QUEUED', 'HTTP 403 full', 1709200860000, 1, 0, 'sha256 of tech-1', 1, 0, 'lead;5''s key', '{"email":"lead6@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (7, '20240229-b3rxwn', 7, 8, '', 'outbound-leads-finance', 1, 'QUEUED', '', 1709200800000, 0, 0, NULL, NULL, 0, 'lead;6''s key', '{"email":"lead7@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (8, '20240229-b3rxwn', 8, 9, '', 'outbound-leads-tech', 1, 'SENDING', '', 1709200800000, 1, 0, 'sha256 of tech-2', 1, 0, 'lead;7''s key', '{"email":"lead8@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "lead" VALUES (9, '20240229-b3rxwn', 9, 10, '', 'outbound-leads-tech', 1, 'HELD', 'held by the operator', 1709200800000, 0, 0, NULL, NULL, 0, 'lead;8''s key', '{"email":"lead9@example.com"}', 1709200800000, 1709200800000);
INSERT INTO "paused" VALUES ('table', 'outbound-leads-finance', 1709200800000);
INSERT INTO "run" VALUES ('20240229-b3rxwn', 'first.csv', '', 1, 'hash of first', 'READ', '', 13, 13, 2, 1, 1709200800000, 1709200800000);
INSERT INTO "run" VALUES ('20240229-d4hdkr', 'low.csv', '', 2, 'hash of low', 'READING', '', 2, 2, 2, 0, 1709200800000, NULL);
INSERT INTO "run" VALUES ('20240229-hsfz9b', 'second.csv', '', 0, 'hash of second', 'READING', '', 3, 3, 2, 0, 1709200800000, NULL);
INSERT INTO "spend" VALUES ('day 2026-11-25', 4000, 8000);
INSERT INTO "spend" VALUES ('month', 3000, 6000);
INSERT INTO "tally" VALUES ('20240229-b3rxwn', 'outbound-leads-finance', 'QUEUED', 2);
INSERT INTO "tally" VALUES ('20240229-b3rxwn', 'outbound-leads-tech', 'CANCELLED', 1);
INSERT INTO "tally" VALUES ('20240229-b3rxwn', 'outbound-leads-tech', 'DEAD', 1);
INSERT INTO "tally" VALUES ('20240229-b3rxwn', 'outbound-leads-tech', 'HELD', 1);
INSERT INTO "tally" VALUES ('20240229-b3rxwn', 'outbound-leads-tech', 'QUEUED', 5);
INSERT INTO "tally" VALUES ('20240229-b3rxwn', 'outbound-leads-tech', 'REJECTED', 1);
INSERT INTO "tally" VALUES ('20240229-b3rxwn', 'outbound-leads-tech', 'SENDING', 1);
INSERT INTO "tally" VALUES ('20240229-b3rxwn', 'outbound-leads-tech', 'UNKNOWN', 1);
INSERT INTO "tally" VALUES ('20240229-d4hdkr', 'outbound-leads-finance', 'QUEUED', 2);
INSERT INTO "tally" VALUES ('20240229-hsfz9b', 'outbound-leads-tech', 'ACCEPTED', 1);
INSERT INTO "tally" VALUES ('20240229-hsfz9b', 'outbound-leads-tech', 'DUPLICATE', 1);
INSERT INTO "tally" VALUES ('20240229-hsfz9b', 'outbound-leads-tech', 'QUEUED', 0);
INSERT INTO "tally" VALUES ('20240229-hsfz9b', 'outbound-leads-tech', 'REFUSED', 1);
INSERT INTO "tally" VALUES ('20240229-hsfz9b', 'outbound-leads-tech', 'SENDING', 0);
INSERT INTO "waiting" VALUES ('outbound-leads-finance', 'TABLE_PAUSED', 'paused', 1709200800000);
INSERT INTO "webhook" VALUES ('sha256 of finance-1', 'finance-1', 'outbound-leads-finance', 'finance-1', 2, 1000, 0, 'OPEN', '', 0, 0, 0, 1);
INSERT INTO "webhook" VALUES ('sha256 of tech-1', 'tech-1', 'outbound-leads-tech', 'tech-1', 0, 1000, 3, 'EXHAUSTED', 'HTTP 403 full', 0, 0, 0, 1);
INSERT INTO "webhook" VALUES ('sha256 of tech-2', 'tech-2', 'outbound-leads-tech', 'tech-2', 1, 1000, 1, 'OPEN', '', 0, 0, 0, 1);
INSERT INTO "workspace" VALUES ('main', 'an old node', 1, 1743760800000, 0);
CREATE INDEX "flyway_schema_history_s_idx" ON "flyway_schema_history" ("success");
CREATE INDEX lead_doubted ON lead (run) WHERE possible_duplicate = 1;
CREATE INDEX lead_due ON lead (table_name, priority, id, due_at) WHERE state = 'QUEUED';
CREATE UNIQUE INDEX lead_identity ON lead (run, record);
CREATE INDEX lead_sending ON lead (table_name, epoch) WHERE state = 'SENDING';
CREATE INDEX run_content ON run (content_hash);
CREATE INDEX webhook_table ON webhook (table_name, position);
