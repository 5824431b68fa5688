-- An id of a result is never used again, also once all results were deleted: the places of targets count on it.
CREATE TABLE result_with_ids (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  run          TEXT   NOT NULL,              -- run and record are the lead's
  record       BIGINT NOT NULL,
  table_name   TEXT   NOT NULL,
  content_hash TEXT   NOT NULL,
  body         TEXT   NOT NULL,              -- as it came
  received_at  BIGINT NOT NULL
);
INSERT INTO result_with_ids (id, run, record, table_name, content_hash, body, received_at)
  SELECT id, run, record, table_name, content_hash, body, received_at FROM result;
DROP TABLE result;
ALTER TABLE result_with_ids RENAME TO result;
CREATE UNIQUE INDEX result_content ON result (run, record, content_hash);
CREATE INDEX result_table ON result (table_name, id);
DELETE FROM sqlite_sequence WHERE name = 'result';
INSERT INTO sqlite_sequence (name, seq)
  SELECT 'result', MAX(COALESCE((SELECT MAX(id) FROM result), 0), COALESCE((SELECT MAX(position) FROM onward), 0));
