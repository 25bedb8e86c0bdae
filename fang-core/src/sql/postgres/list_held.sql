-- Lists what a pool is about to run, and tells which of that another one has listed: its connection is gone, and the
-- locks with it, but the tasks may still run there, or may have killed it. Sent once the rows are locked: whoever had
-- them locked before has listed them by now, or will find its connection gone before it runs them. Grouped, since an
-- array of hundreds would be walked for each of them.
WITH listed AS (
    INSERT INTO fang_holds (worker, slot, task_type, holder, ids, leases, mode, priority, floor)
    VALUES ($1, $2, $3, $4::bigint::text::xid8, $5::uuid[], $6::integer[], $7, $8, $9)
    ON CONFLICT (worker, slot) DO UPDATE
    SET task_type = excluded.task_type, holder = excluded.holder, ids = excluded.ids, leases = excluded.leases,
        mode = excluded.mode, priority = excluded.priority, floor = excluded.floor
), theirs AS MATERIALIZED (
    SELECT id, lease, worker FROM fang_listed($3, 1) WHERE worker <> $1
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
