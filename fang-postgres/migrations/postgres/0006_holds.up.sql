-- The lists of lock-claims: the tasks that pools are about to run without having written to their rows. A pool that
-- loses its connection or dies loses its locks; the next worker that locks these rows finds here whose tasks they
-- are. Logged, because a crash of the server breaks all connections at once, and the lists must survive it.

CREATE TABLE fang_holds (
    -- fang_workers.id. No foreign key: a worker that is gone must not block its tasks.
    worker bigint NOT NULL,
    slot smallint NOT NULL,
    task_type text NOT NULL,
    -- The transaction that keeps the rows locked.
    holder xid8 NOT NULL,
    -- The tasks, and the leases that their next claims get. A task with a later lease is no longer meant.
    ids uuid[] NOT NULL,
    leases integer[] NOT NULL,
    -- The scan range and instant before which only locked tasks, or tasks that were inserted late, are left.
    mode smallint,
    priority smallint,
    floor timestamptz,
    -- Each list is a new row, and the transaction comes first in the key: a reader can skip all lists before the
    -- first live one, even if a long transaction keeps the server from clearing them.
    PRIMARY KEY (holder, worker, slot)
);

-- Compression is not worth the work for rows that are soon removed.
ALTER TABLE fang_holds ALTER COLUMN ids SET STORAGE EXTERNAL, ALTER COLUMN leases SET STORAGE EXTERNAL;

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
    FROM fang_holds h, unnest(h.ids, h.leases) AS listed (id, lease)
    WHERE h.task_type = of_type
      AND h.holder >= CASE
        WHEN since::text::xid8 > pg_snapshot_xmax(pg_current_snapshot()) THEN '0'::xid8 ELSE since::text::xid8
      END
      AND coalesce(
        CASE WHEN h.holder < pg_snapshot_xmax(pg_current_snapshot()) THEN pg_xact_status(h.holder) END, 'aborted'
      ) = 'aborted';
END;

-- The key of the advisory lock that crowded claims of a task type take. There are two keys, so that two claims run
-- at a time. The number of the worker decides which key it uses.
CREATE FUNCTION fang_turn(of_type text, worker bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN hashtextextended('fang ' || of_type, worker & 1);

UPDATE fang_meta SET version = 6;
