-- What intake over HTTP must not forget: the keys of submissions, and how far each polled source was read.

CREATE TABLE submission (
  idempotency_key TEXT PRIMARY KEY,
  source          TEXT   NOT NULL,
  content_hash    TEXT   NOT NULL,
  run             TEXT   NOT NULL,
  seen_at         BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE watermark (
  source        TEXT PRIMARY KEY,
  position      TEXT   NOT NULL,             -- where the next round begins or goes on; empty for the first page
  etag          TEXT   NOT NULL,             -- of the page that a round begins with; empty where it has none
  last_modified TEXT   NOT NULL,             -- likewise
  moved_at      BIGINT NOT NULL
) WITHOUT ROWID;
