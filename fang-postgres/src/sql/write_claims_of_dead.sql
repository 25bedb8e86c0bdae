-- Writes claims for tasks that a dead worker has listed and no worker has taken since: it ran them, or was about to,
-- when it died. The claims are in its name, so the rescue takes them back and charges them like any others. Locked
-- rows are skipped: the worker that locked them finds them listed and does the same. The lists stay, for workers
-- that have locked a row and not yet looked. The rows of $1 are left out: the server refused to change them.
WITH waiting AS MATERIALIZED (
    SELECT hit.ctid AS place, h.worker
    FROM fang_lock_claims h,
        unnest(h.ids, h.leases) AS r (id, lease),
        LATERAL (
            SELECT t.ctid
            FROM fang_tasks t
            WHERE t.id = r.id AND t.id <> ALL ($1::uuid[]) AND least(t.lease, 2147483646) + 1 = r.lease
              AND t.state IN ('new', 'retried')
            FOR UPDATE SKIP LOCKED
        ) hit
    WHERE NOT EXISTS (SELECT FROM fang_workers w WHERE w.id = h.worker AND w.dead_at IS NULL)
)
UPDATE fang_tasks t
SET state = 'in_progress', lease = least(t.lease, 2147483646) + 1, locked_by = w.worker, updated_at = now()
FROM waiting w
WHERE t.ctid = w.place
