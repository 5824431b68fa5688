-- Budgets that hold leads: who holds one back, what is queued, what a period may spend.

ALTER TABLE lead ADD COLUMN held_by TEXT NOT NULL DEFAULT '';  -- OPERATOR, SAMPLE, BUDGET, RUN_BUDGET; empty: nobody
UPDATE lead SET held_by = 'OPERATOR' WHERE state = 'HELD';
CREATE INDEX lead_held ON lead (table_name, held_by, id) WHERE state = 'HELD';
CREATE INDEX lead_held_run ON lead (run, table_name, held_by, id) WHERE state = 'HELD';

CREATE TABLE held (
  held_by    TEXT   NOT NULL,
  table_name TEXT   NOT NULL,
  run        TEXT   NOT NULL,
  leads      BIGINT NOT NULL,
  PRIMARY KEY (held_by, table_name, run)
) WITHOUT ROWID;
INSERT INTO held (held_by, table_name, run, leads)
  SELECT 'OPERATOR', table_name, run, leads FROM tally WHERE state = 'HELD' AND leads > 0;

-- Queued leads of a table, over all runs: a tally of its own, since there may be many runs.
CREATE TABLE queue (
  table_name TEXT PRIMARY KEY,
  leads      BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO queue (table_name, leads)
  SELECT table_name, SUM(leads) FROM tally WHERE state = 'QUEUED' GROUP BY table_name;

-- What each account may spend: a day, a month or a run, over all tables or of one. 0 = no cap.
ALTER TABLE spend ADD COLUMN credits_cap BIGINT NOT NULL DEFAULT 0;
ALTER TABLE spend ADD COLUMN actions_cap BIGINT NOT NULL DEFAULT 0;
ALTER TABLE spend ADD COLUMN ends_at BIGINT;                   -- null: never, as a run's
CREATE INDEX spend_ends ON spend (ends_at) WHERE ends_at IS NOT NULL;

-- What runs and tables have spent so far, from the attempts that were not given back.
INSERT INTO spend (period, credits, actions)
  SELECT 'run ' || lead.run, SUM(credits), SUM(attempt.actions) FROM attempt JOIN lead ON lead.id = attempt.lead
  WHERE settled_at IS NULL OR outcome IN ('ACCEPTED', 'UNKNOWN') OR attempt.note LIKE 'late: %'
  GROUP BY lead.run;
INSERT INTO spend (period, credits, actions)
  SELECT 'run ' || lead.run || ' of table ' || lead.table_name, SUM(credits), SUM(attempt.actions)
  FROM attempt JOIN lead ON lead.id = attempt.lead
  WHERE settled_at IS NULL OR outcome IN ('ACCEPTED', 'UNKNOWN') OR attempt.note LIKE 'late: %'
  GROUP BY lead.run, lead.table_name;
INSERT INTO spend (period, credits, actions)
  SELECT substr(periods, 1, instr(periods, char(10)) - 1) || ' of table ' || lead.table_name,
    SUM(credits), SUM(attempt.actions)
  FROM attempt JOIN lead ON lead.id = attempt.lead
  WHERE instr(periods, char(10)) > 0
    AND (settled_at IS NULL OR outcome IN ('ACCEPTED', 'UNKNOWN') OR attempt.note LIKE 'late: %')
  GROUP BY 1;
INSERT INTO spend (period, credits, actions)
  SELECT substr(periods, instr(periods, char(10)) + 1) || ' of table ' || lead.table_name,
    SUM(credits), SUM(attempt.actions)
  FROM attempt JOIN lead ON lead.id = attempt.lead
  WHERE instr(periods, char(10)) > 0
    AND (settled_at IS NULL OR outcome IN ('ACCEPTED', 'UNKNOWN') OR attempt.note LIKE 'late: %')
  GROUP BY 1;

-- Why a budget holds the leads of a table, or of one run at its table, as last seen.
CREATE TABLE budget_note (
  table_name TEXT NOT NULL,
  run        TEXT NOT NULL,                                    -- empty: those of all runs
  reason     TEXT NOT NULL,
  ends_at    BIGINT,
  PRIMARY KEY (table_name, run)
) WITHOUT ROWID;

-- How much of its cap an account has spent, each step told once.
CREATE TABLE budget_warning (
  period  TEXT    NOT NULL,
  kind    TEXT    NOT NULL,                                    -- CREDITS, ACTIONS
  percent INTEGER NOT NULL,
  cap     BIGINT  NOT NULL,
  at      BIGINT  NOT NULL,
  PRIMARY KEY (period, kind, percent)
) WITHOUT ROWID;
CREATE INDEX budget_warning_at ON budget_warning (at);
