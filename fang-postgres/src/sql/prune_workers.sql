-- Removes workers an hour after their death, so that people can still see them, unless they still have claims or lists. A
-- worker whose last counts are not gathered stays for a day. The first $2 rows are left out: the server refused to remove
-- them.
DELETE FROM fang_workers
WHERE ctid = ANY (ARRAY (
    SELECT w.ctid FROM fang_workers w
    WHERE w.dead_at < now() - interval '1 hour'
      AND (w.told IS NOT DISTINCT FROM w.gathered OR w.dead_at < now() - interval '1 day')
      AND NOT EXISTS (SELECT FROM fang_tasks t WHERE t.state = 'in_progress' AND t.locked_by = w.id)
      AND NOT EXISTS (SELECT FROM fang_lock_claims l WHERE l.worker = w.id)
    ORDER BY w.id
    LIMIT $1 OFFSET $2
    FOR UPDATE OF w SKIP LOCKED
))
