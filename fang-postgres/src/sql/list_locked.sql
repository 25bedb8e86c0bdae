-- Lists the tasks that a pool is about to run, in place of its lists for earlier transactions. Returns those of them
-- that another worker has listed: it lost its connection and its locks, but the tasks may still run there, or may
-- have crashed it. Those are not listed a second time: if this pool died now, or lost its connection too, the next claim
-- must find the first list alone. Sent once the rows are locked, when a worker that had them locked before either has
-- listed them, or will find its connection closed before it runs them. Nothing is listed once this transaction is
-- aborted: others may have locked the rows and listed the tasks since. Lists are grouped, because a search in an array
-- of hundreds for each task would be slow.
WITH old AS (
    DELETE FROM fang_lock_claims
    WHERE transaction = ANY (ARRAY (SELECT earlier::text::xid8 FROM unnest($10::bigint[]) earlier))
      AND worker = $1 AND slot = $2
), theirs AS MATERIALIZED (
    SELECT id, lease, worker FROM fang_listed($3, 1, $11) WHERE worker <> $1
), own AS MATERIALIZED (
    SELECT id, lease, max(worker) AS listed_by
    FROM (
        SELECT own.id, own.lease, true AS is_own, NULL::bigint AS worker
        FROM unnest($5::uuid[], $6::integer[]) AS own (id, lease)
        WHERE EXISTS (SELECT FROM theirs)
        UNION ALL
        SELECT id, lease, false, worker FROM theirs
    ) every
    GROUP BY id, lease
    HAVING bool_or(is_own)
), listed AS (
    INSERT INTO fang_lock_claims (worker, slot, task_type, transaction, ids, leases, mode, priority, floor)
    SELECT $1, $2, $3, $4::bigint::text::xid8,
        CASE WHEN has_theirs THEN ids ELSE $5::uuid[] END, CASE WHEN has_theirs THEN leases ELSE $6::integer[] END,
        $7::smallint, $8::smallint, $9::timestamptz
    FROM (
        SELECT count(listed_by) > 0 AS has_theirs,
            coalesce(array_agg(id) FILTER (WHERE listed_by IS NULL), '{}') AS ids,
            coalesce(array_agg(lease) FILTER (WHERE listed_by IS NULL), '{}') AS leases
        FROM own
    ) rest
    WHERE CASE
        WHEN $4::bigint::text::xid8 < pg_snapshot_xmax(pg_current_snapshot())
        THEN pg_xact_status($4::bigint::text::xid8)
      END IS DISTINCT FROM 'aborted'
    ON CONFLICT (transaction, worker, slot) DO UPDATE SET ids = excluded.ids, leases = excluded.leases
)
SELECT id, listed_by AS worker
FROM own
WHERE listed_by IS NOT NULL
