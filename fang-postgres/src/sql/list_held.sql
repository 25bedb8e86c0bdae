-- Lists what a pool is about to run, in place of what it listed under earlier transactions, and tells which of that
-- another one has listed: its connection is gone, and the locks with it, but the tasks may still run there, or may have
-- killed it. Sent once the rows are locked: whoever had them locked before has listed them by now, or will find its
-- connection gone before it runs them. Grouped, since an array of hundreds would be walked for each of them.
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
