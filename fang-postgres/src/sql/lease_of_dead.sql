-- What a dead worker has listed and nobody has taken since was about to run, or ran, when it died: it becomes a claim
-- in its name, which the rescue takes back and charges as any other. Rows that are locked are left out: whoever holds
-- them finds them listed, and does the same. What is listed stays, for those who have just locked a row and not yet
-- looked.
WITH waiting AS MATERIALIZED (
    SELECT hit.ctid AS place, h.worker
    FROM fang_holds h,
        unnest(h.ids, h.leases) AS r (id, lease),
        LATERAL (
            SELECT t.ctid
            FROM fang_tasks t
            WHERE t.id = r.id AND least(t.lease, 2147483646) + 1 = r.lease AND t.state IN ('new', 'retried')
            FOR UPDATE SKIP LOCKED
        ) hit
    WHERE NOT EXISTS (SELECT FROM fang_workers w WHERE w.id = h.worker AND w.dead_at IS NULL)
)
UPDATE fang_tasks t
SET state = 'in_progress', lease = least(t.lease, 2147483646) + 1, locked_by = w.worker, updated_at = now()
FROM waiting w
WHERE t.ctid = w.place
