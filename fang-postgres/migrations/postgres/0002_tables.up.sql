-- From the table of fang 0.11 to the tables of fang 0.12: leases, modes, priorities, crons, periods of unique tasks,
-- cancellations, and the lists of lock-claims.

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
    ADD COLUMN unknown_since timestamptz,
    -- {"max_retries": 3, "tags": ["a"]}. Most tasks have no options, and a null costs no byte.
    ADD COLUMN options jsonb,
    -- The last failures, the newest last: [{"at": ..., "attempt": 1, "error": "..."}].
    ADD COLUMN errors jsonb,
    -- A task that was not claimed by then is not run. Null once a run of it has begun and ended.
    ADD COLUMN expires_at timestamptz,
    -- Until when the row of a task that has ended stays, if its kind says so.
    ADD COLUMN keep_until timestamptz;

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
CREATE INDEX fang_tasks_ended ON fang_tasks (updated_at) WHERE state IN ('finished', 'failed') AND keep_until IS NULL;

-- For prunes of tasks whose kind says how long they stay.
CREATE INDEX fang_tasks_kept ON fang_tasks (keep_until) WHERE keep_until IS NOT NULL;

-- Enforces uniqueness.
CREATE UNIQUE INDEX fang_tasks_unique ON fang_tasks (uniq_hash)
WHERE uniq_hash IS NOT NULL AND state IN ('new', 'retried', 'in_progress');

-- One row for each running pool. Half-empty pages let heartbeats update a row within its page.
CREATE TABLE fang_workers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT now(),
    beat_at timestamptz NOT NULL DEFAULT now(),
    dead_at timestamptz,
    info jsonb NOT NULL,
    -- The session that holds the advisory lock of this worker, or null if it has none. The end of the session frees
    -- the lock, so it shows the death of the process.
    session text,
    -- What it is asked to do: quiet, resume or stop. Null once it says that it does it.
    asked text,
    -- What its last beat told: how many tasks it runs at the same time, how many it ran, whether it was quiet. The
    -- counts are last, and a beat without new counts leaves them as they are.
    workers integer,
    busy integer,
    is_quiet boolean,
    -- {"types": {"mails": {"started": 9, "finished": 8, "us": 30000, "b21": 8}}, "kinds": {..}}: counts for each task type
    -- and each kind since it registered. And the part of them that is in fang_minutes.
    told jsonb,
    gathered jsonb
) WITH (fillfactor = 50);

-- What all workers told, for each minute and each hour, of each task type and each kind.
CREATE TABLE fang_minutes (
    -- Whether it is the sum of an hour, which is kept for longer.
    is_hour boolean NOT NULL,
    -- When the minute or the hour began.
    minute timestamptz NOT NULL,
    is_kind boolean NOT NULL,
    -- The task type or the kind.
    name text NOT NULL,
    counts jsonb NOT NULL,
    PRIMARY KEY (is_hour, minute, is_kind, name)
);

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
    created_at timestamptz NOT NULL DEFAULT now(),
    -- When that tick was chosen. In the future, if the clock of the server was ahead and went back.
    ticked_at timestamptz NOT NULL DEFAULT now(),
    -- How long after its tick a task may begin, in microseconds.
    expires bigint,
    -- The options of each task: retries, tags, headers, how long it is kept.
    options jsonb
);

-- When beats of any worker last got through, and since when without a gap. The silence of a worker means death only
-- while beats come without a gap. And whether the clock of the server was ahead, so that tasks from the future have to
-- be looked for. And the minute in which what workers told was last gathered. And the instant before which no pool
-- vacuums.
ALTER TABLE fang_meta
    ADD COLUMN beat_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN well_since timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN was_ahead boolean NOT NULL DEFAULT false,
    ADD COLUMN gathered_in timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN vacuum_at timestamptz NOT NULL DEFAULT now();

-- Keys of tasks that are unique within a period. They outlast the rows of their tasks.

CREATE TABLE fang_unique (
    key text PRIMARY KEY,
    -- The task that took the key, with its instants; its row may be gone. No foreign key: a task that ends or is
    -- removed does not end the period.
    task_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    scheduled_at timestamptz NOT NULL,
    until timestamptz NOT NULL
);

-- For prunes.
CREATE INDEX fang_unique_until ON fang_unique (until);

-- Running tasks that are to be cancelled. Nearly always empty, so that heartbeats read next to nothing, and apart
-- from the tasks, so that claims and finishes need not read it. No foreign key: a task that is removed should not
-- have to search here. Rows without a task go at the next look.

CREATE TABLE fang_cancellations (
    task_id uuid PRIMARY KEY,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The lists of lock-claims: the tasks that pools are about to run without having written to their rows. A pool that
-- loses its connection or dies loses its locks; the next worker that locks these rows finds here whose tasks they
-- are. Logged, because a crash of the server breaks all connections at once, and the lists must survive it.

CREATE TABLE fang_lock_claims (
    -- fang_workers.id. No foreign key: a worker that is gone must not block its tasks.
    worker bigint NOT NULL,
    slot smallint NOT NULL,
    task_type text NOT NULL,
    -- The transaction that keeps the rows locked.
    transaction xid8 NOT NULL,
    -- The tasks, and the leases that their next claims get. A task with a later lease is no longer meant.
    ids uuid[] NOT NULL,
    leases integer[] NOT NULL,
    -- The scan range and instant before which only locked tasks, or tasks that were inserted late, are left.
    mode smallint,
    priority smallint,
    floor timestamptz,
    -- Each list is a new row, and the transaction comes first in the key: a reader can skip all lists before the
    -- first live one, even if a long transaction keeps the server from clearing them.
    PRIMARY KEY (transaction, worker, slot)
);

-- Compression is not worth the work for rows that are soon removed.
ALTER TABLE fang_lock_claims ALTER COLUMN ids SET STORAGE EXTERNAL, ALTER COLUMN leases SET STORAGE EXTERNAL;

-- Returns the listed tasks of a type whose lock-claim was lost. While a transaction is open, others cannot lock its
-- rows, and after its commit each row is gone or has a written claim, so only aborted transactions count; usually
-- there are none. The status of a transaction may be asked only if it is past: a list from another server may name
-- one that is yet to come. A transaction without a status counts as aborted.
--
-- A volatile function sees all that was committed before its call, even if the statement around it began earlier. So
-- a statement can lock rows and then read who has listed them. `locked` makes it wait until they are locked; it is
-- NULL if there are none. The search begins at the transaction `since`, or at zero if that is yet to come, since
-- another server gave it.
CREATE FUNCTION fang_listed(of_type text, locked bigint, since bigint) RETURNS TABLE (id uuid, lease integer, worker bigint)
LANGUAGE sql VOLATILE STRICT ROWS 100
BEGIN ATOMIC
    SELECT listed.id, listed.lease, h.worker
    FROM fang_lock_claims h, unnest(h.ids, h.leases) AS listed (id, lease)
    WHERE h.task_type = of_type
      AND h.transaction >= CASE
        WHEN since::text::xid8 > pg_snapshot_xmax(pg_current_snapshot()) THEN '0'::xid8 ELSE since::text::xid8
      END
      AND coalesce(
        CASE WHEN h.transaction < pg_snapshot_xmax(pg_current_snapshot()) THEN pg_xact_status(h.transaction) END, 'aborted'
      ) = 'aborted';
END;

-- The key of the advisory lock that crowded claims of a task type take. There are two keys, so that two claims run
-- at a time. The number of the worker decides which key it uses.
CREATE FUNCTION fang_crowd_lock(of_type text, worker bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN hashtextextended('fang ' || of_type, worker & 1);

-- The session of the caller: its process id alone may come again after a restart of the server.
CREATE FUNCTION fang_session() RETURNS text
LANGUAGE sql STABLE
RETURN (
    SELECT pid || ' ' || extract(epoch FROM backend_start) FROM pg_stat_get_activity(pg_backend_pid())
);

-- The key of the advisory lock of a worker. `of` is the oid of the table of workers, so that two schemas of a database
-- do not share keys.
CREATE FUNCTION fang_worker_lock(of oid, worker bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN hashtextextended('fang worker ' || of::bigint, worker);

UPDATE fang_meta SET version = 2;
-- The default outlasts the row, which a dump without data lacks.
ALTER TABLE fang_meta ALTER COLUMN version SET DEFAULT 2;
