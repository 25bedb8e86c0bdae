-- Lists what a pool is about to run, and tells which of that another one has listed: its connection is gone, and the
-- locks with it, but the tasks may still run there, or may have killed it. Sent once the rows are locked: whoever had
-- them locked before has listed them by now, or will find its connection gone before it runs them. Grouped, since an
-- array of hundreds would be walked for each of them.
WITH listed AS (
    INSERT INTO fang_holds (worker, slot, ids, leases) VALUES ($1, $2, $3::uuid[], $4::integer[])
    ON CONFLICT (worker, slot) DO UPDATE SET ids = excluded.ids, leases = excluded.leases
)
SELECT id, lease, max(worker) AS worker
FROM (
    SELECT own.id, own.lease, true AS is_own, NULL::bigint AS worker
    FROM unnest($3::uuid[], $4::integer[]) AS own (id, lease)
    UNION ALL
    SELECT their.id, their.lease, false, h.worker
    FROM fang_holds h, unnest(h.ids, h.leases) AS their (id, lease)
    WHERE h.worker <> $1
) every
GROUP BY id, lease
HAVING bool_or(is_own) AND max(worker) IS NOT NULL
