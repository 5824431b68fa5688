-- The operator's rate of a workspace, thousandths of leads a second; 0 = as clay.yaml says.
ALTER TABLE workspace ADD COLUMN rate BIGINT NOT NULL DEFAULT 0;

-- Rows that a Clay table takes; 0 = no cap.
ALTER TABLE clay_table ADD COLUMN cap BIGINT NOT NULL DEFAULT 0;

-- Rows through a webhook by day (UTC, days since 1970): how fast it fills.
CREATE TABLE webhook_day (
  webhook TEXT   NOT NULL,
  day     BIGINT NOT NULL,
  leads   BIGINT NOT NULL,
  PRIMARY KEY (webhook, day)
) WITHOUT ROWID;
