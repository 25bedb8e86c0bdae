-- Leases, modes, priorities, crons: what the table needs for workers that may die.

ALTER TABLE fang_tasks
    -- Which runtime may claim the row: 0 either (rows from before), 1 tokio tasks, 2 OS threads.
    ADD COLUMN mode smallint NOT NULL DEFAULT 0,
    -- 0 urgent, 1 high, 2 normal, 3 low.
    ADD COLUMN priority smallint NOT NULL DEFAULT 2 CHECK (priority BETWEEN 0 AND 3),
    -- How often it was ever claimed: the fence against results that come too late.
    ADD COLUMN lease integer NOT NULL DEFAULT 0,
    -- How often the process that ran it died.
    ADD COLUMN crashes smallint NOT NULL DEFAULT 0,
    -- fang_workers.id of its claim. No foreign key: a vanished worker must not hold up its tasks.
    ADD COLUMN locked_by bigint,
    -- Since when nobody who claimed it has known its kind.
    ADD COLUMN unknown_since timestamptz;

-- Without an index to forbid it, two of a kind may have slipped in: the oldest stays the unique one.
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

-- Each of these costs every insert, claim and finish a write, and none serves a statement.
DROP INDEX IF EXISTS fang_tasks_state_index;
DROP INDEX IF EXISTS fang_tasks_type_index;
DROP INDEX IF EXISTS fang_tasks_scheduled_at_index;
DROP INDEX IF EXISTS fang_tasks_uniq_hash;

-- What a claim walks: within a scan range in the order of time, so that the first future row ends it.
CREATE INDEX fang_tasks_ready ON fang_tasks (task_type, mode, priority, scheduled_at)
WHERE state IN ('new', 'retried');

-- What a rescue walks. Led by id, not by locked_by: keys that are all alike cost half the speed.
CREATE INDEX fang_tasks_running ON fang_tasks (id) WHERE state = 'in_progress';

-- What a prune walks. A task that goes when it has run is never in it.
CREATE INDEX fang_tasks_ended ON fang_tasks (updated_at) WHERE state IN ('finished', 'failed');

-- The only thing that enforces uniqueness.
CREATE UNIQUE INDEX fang_tasks_unique ON fang_tasks (uniq_hash)
WHERE uniq_hash IS NOT NULL AND state IN ('new', 'retried', 'in_progress');

-- One row a running pool. Half-empty pages keep the heartbeats' updates on their page.
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
    -- The last tick for which a task was inserted, and that task: always one ahead.
    last_tick timestamptz NOT NULL,
    task_id uuid NOT NULL,
    paused_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);

UPDATE fang_meta SET version = 2;
