-- Removes tasks that have ended and whose kind says that they are kept no longer, in a bounded batch. They have an index
-- of their own, which is empty if no kind says so.
DELETE FROM fang_tasks
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM fang_tasks
    WHERE keep_until <= now() AND state IN ('finished', 'failed')
    ORDER BY keep_until
    LIMIT $1
    FOR UPDATE SKIP LOCKED
))
