-- Removes minutes after 72 hours, and at once if a clock that was ahead has left them in the future. The first $2 rows are
-- left out: the server refused to remove them.
DELETE FROM fang_minutes
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM fang_minutes
    WHERE minute < now() - interval '72 hours' OR minute > now() + interval '1 hour'
    ORDER BY minute, task_type
    LIMIT $1 OFFSET $2
))
