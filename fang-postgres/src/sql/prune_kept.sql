-- Removes tasks that have ended and whose kind says that they are kept no longer, in a bounded batch. They have an index
-- of their own, which is empty if no kind says so. The rows of $2 are left out: the server refused to remove them.
DELETE FROM fang_tasks
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM fang_tasks
    WHERE keep_until <= now() AND state IN ('finished', 'failed') AND id <> ALL ($2::uuid[])
    ORDER BY keep_until
    LIMIT $1
    FOR UPDATE SKIP LOCKED
))
