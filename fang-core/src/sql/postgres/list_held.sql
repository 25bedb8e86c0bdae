-- Lists what a pool is about to run, and tells which of that another one has listed: its connection is gone, and the
-- locks with it, but the tasks may still run there, or may have killed it. Sent once the rows are locked: whoever had
-- them locked before has listed them by now, or will find its connection gone before it runs them. Grouped, since an
-- array of hundreds would be walked for each of them. The row without an id counts the others that hold such tasks.
WITH listed AS (
    INSERT INTO fang_holds (worker, slot, task_type, ids, leases) VALUES ($1, $2, $3, $4::uuid[], $5::integer[])
    ON CONFLICT (worker, slot) DO UPDATE
    SET task_type = excluded.task_type, ids = excluded.ids, leases = excluded.leases
), their AS MATERIALIZED (
    SELECT h.worker, h.ids, h.leases FROM fang_holds h WHERE h.worker <> $1 AND h.task_type = $3
)
SELECT id, lease, max(worker) AS worker
FROM (
    SELECT own.id, own.lease, true AS is_own, NULL::bigint AS worker
    FROM unnest($4::uuid[], $5::integer[]) AS own (id, lease)
    UNION ALL
    SELECT task.id, task.lease, false, their.worker
    FROM their, unnest(their.ids, their.leases) AS task (id, lease)
) every
GROUP BY id, lease
HAVING bool_or(is_own) AND max(worker) IS NOT NULL
UNION ALL
SELECT NULL, NULL, count(DISTINCT their.worker)
FROM their
WHERE EXISTS (SELECT FROM fang_workers w WHERE w.id = their.worker AND w.dead_at IS NULL)
