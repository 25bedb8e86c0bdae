-- Removes the lists of workers ten minutes after their death: by then rescues, or workers that had locked a row of them, have
-- dealt with them. The first $2 rows are left out: the server refused to remove them.
DELETE FROM fang_lock_claims
WHERE ctid = ANY (ARRAY (
    SELECT l.ctid FROM fang_lock_claims l
    JOIN fang_workers w ON w.id = l.worker
    WHERE w.dead_at < now() - interval '10 minutes'
    ORDER BY l.worker, l.slot, l.transaction
    LIMIT $1 OFFSET $2
))
