-- Lists the tasks that a pool is about to run, in place of its lists for earlier transactions. Returns those of them
-- that another worker has listed: it lost its connection and its locks, but the tasks may still run there, or may
-- have crashed it. Sent once the rows are locked, when a worker that had them locked before either has listed them,
-- or will find its connection closed before it runs them. Lists are grouped, because a search in an array of
-- hundreds for each task would be slow.
WITH old AS (
    DELETE FROM fang_holds
    WHERE holder = ANY (ARRAY (SELECT earlier::text::xid8 FROM unnest($10::bigint[]) earlier))
      AND worker = $1 AND slot = $2
), listed AS (
    INSERT INTO fang_holds (worker, slot, task_type, holder, ids, leases, mode, priority, floor)
    VALUES ($1, $2, $3, $4::bigint::text::xid8, $5::uuid[], $6::integer[], $7, $8, $9)
    ON CONFLICT (holder, worker, slot) DO UPDATE SET ids = excluded.ids, leases = excluded.leases
), theirs AS MATERIALIZED (
    SELECT id, lease, worker FROM fang_listed($3, 1, $11) WHERE worker <> $1
)
SELECT id, max(worker) AS worker
FROM (
    SELECT own.id, own.lease, true AS is_own, NULL::bigint AS worker
    FROM unnest($5::uuid[], $6::integer[]) AS own (id, lease)
    WHERE EXISTS (SELECT FROM theirs)
    UNION ALL
    SELECT id, lease, false, worker FROM theirs
) every
GROUP BY id, lease
HAVING bool_or(is_own) AND max(worker) IS NOT NULL
