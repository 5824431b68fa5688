-- The processes that run on this ledger: each says so again and again, by the ledger's clock.
CREATE TABLE node (
  name        TEXT COLLATE "C" PRIMARY KEY,
  version     TEXT   NOT NULL,               -- Kiln's
  started_at  BIGINT NOT NULL,
  alive_until BIGINT NOT NULL                -- taken for dead from then on, unless it says so again
);

-- Since when the holder of a lease leads its workspace.
ALTER TABLE workspace ADD COLUMN led_since BIGINT NOT NULL DEFAULT 0;
