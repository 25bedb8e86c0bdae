-- What pools are about to run while they have written nothing to the rows of the tasks. A pool that loses its
-- connection loses its locks, and a process that dies too: whoever comes next finds here whose those tasks are.
-- Logged, so that a crash of the server, which breaks every connection at once, does not take along what it says.

CREATE TABLE fang_holds (
    -- fang_workers.id. No foreign key: a vanished worker must not hold up its tasks.
    worker bigint NOT NULL,
    slot smallint NOT NULL,
    task_type text NOT NULL,
    -- The transaction that keeps the rows.
    holder xid8 NOT NULL,
    -- The tasks, and the leases they would be given next: what has moved on since is not meant any more.
    ids uuid[] NOT NULL,
    leases integer[] NOT NULL,
    -- Up to where nothing is left in a lane but what others have locked, or what came late.
    mode smallint,
    priority smallint,
    floor timestamptz,
    -- Each list is a new row, and the transaction leads: whoever reads lists passes by all that were there before those
    -- that still are, though a long transaction should keep the server from clearing them.
    PRIMARY KEY (holder, worker, slot)
);

-- Not worth the work of pressing: it is gone in a moment.
ALTER TABLE fang_holds ALTER COLUMN ids SET STORAGE EXTERNAL, ALTER COLUMN leases SET STORAGE EXTERNAL;

-- All that is listed now and that nobody keeps any more. As long as a transaction is open, nobody else can have locked
-- its rows, and once it is committed, each of them is gone or a claim; so usually there is none, however much is held.
-- Only the status of a past transaction may be asked for: a list from another server may name one that is still to come.
-- A volatile function sees what was committed before it is called, though the statement around it began earlier; so a
-- statement that has locked rows can look who has listed them. `locked` is there to be known only once they are
-- locked, and NULL when there are none. Nothing is listed before `since`, unless that was said of another server.
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

-- The key of an advisory lock under which a crowd takes turns to claim tasks of a type: one of two, the number of the
-- worker says which.
CREATE FUNCTION fang_turn(of_type text, worker bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN hashtextextended('fang ' || of_type, worker & 1);

UPDATE fang_meta SET version = 6;
