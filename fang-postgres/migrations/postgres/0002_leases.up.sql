-- Leases, modes, priorities and crons: the columns and tables for workers that may die.

ALTER TABLE fang_tasks
    -- The runtime that may claim the row: 0 either (rows from before), 1 tokio tasks, 2 OS threads.
    ADD COLUMN mode smallint NOT NULL DEFAULT 0,
    -- 0 urgent, 1 high, 2 normal, 3 low.
    ADD COLUMN priority smallint NOT NULL DEFAULT 2 CHECK (priority BETWEEN 0 AND 3),
    -- How many times it was claimed: the fence against results that come too late.
    ADD COLUMN lease integer NOT NULL DEFAULT 0,
    -- How many times the process that ran it died.
    ADD COLUMN crashes smallint NOT NULL DEFAULT 0,
    -- The fang_workers.id of its claim. No foreign key: a worker that is gone must not block its tasks.
    ADD COLUMN locked_by bigint,
    -- Since when its kind has been unknown to all programs that claimed it.
    ADD COLUMN unknown_since timestamptz;

-- There was no unique index before, so duplicates may exist. One of them stays unique: a running one, else the
-- oldest.
UPDATE fang_tasks t
SET uniq_hash = NULL
FROM (
    SELECT id, row_number() OVER (
        PARTITION BY uniq_hash ORDER BY state = 'in_progress' DESC, created_at, id
    ) AS place
    FROM fang_tasks
    WHERE uniq_hash IS NOT NULL AND state IN ('new', 'retried', 'in_progress')
) twin
WHERE twin.id = t.id AND twin.place > 1;

-- These indexes cost every insert, claim and finish a write, and no statement uses them.
DROP INDEX IF EXISTS fang_tasks_state_index;
DROP INDEX IF EXISTS fang_tasks_type_index;
DROP INDEX IF EXISTS fang_tasks_scheduled_at_index;
DROP INDEX IF EXISTS fang_tasks_uniq_hash;

-- For claims: rows of a scan range come in the order of time, so the first future row ends the scan.
CREATE INDEX fang_tasks_ready ON fang_tasks (task_type, mode, priority, scheduled_at)
WHERE state IN ('new', 'retried');

-- For rescues. Led by id, not by locked_by: keys that are all alike halve the speed.
CREATE INDEX fang_tasks_running ON fang_tasks (id) WHERE state = 'in_progress';

-- For prunes. A task that is removed when it has run is never in it.
CREATE INDEX fang_tasks_ended ON fang_tasks (updated_at) WHERE state IN ('finished', 'failed');

-- Enforces uniqueness.
CREATE UNIQUE INDEX fang_tasks_unique ON fang_tasks (uniq_hash)
WHERE uniq_hash IS NOT NULL AND state IN ('new', 'retried', 'in_progress');

-- One row for each running pool. Half-empty pages let heartbeats update a row within its page.
CREATE TABLE fang_workers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT now(),
    beat_at timestamptz NOT NULL DEFAULT now(),
    dead_at timestamptz,
    info jsonb NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE fang_queues (
    task_type text PRIMARY KEY,
    paused_at timestamptz,
    max_running integer CHECK (max_running >= 0)
);

CREATE TABLE fang_crons (
    name text PRIMARY KEY,
    pattern text NOT NULL,
    time_zone text NOT NULL DEFAULT 'UTC',
    missed text NOT NULL DEFAULT 'coalesce',
    metadata jsonb NOT NULL,
    task_type text NOT NULL,
    mode smallint NOT NULL,
    priority smallint NOT NULL,
    -- The last tick for which a task was inserted, and the id of that task: always one tick ahead.
    last_tick timestamptz NOT NULL,
    task_id uuid NOT NULL,
    paused_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);

UPDATE fang_meta SET version = 2;
