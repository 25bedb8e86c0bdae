-- Removes the oldest tasks that have ended, in a bounded batch, so that no transaction is long. They are found by an
-- index, so waiting tasks and those that are kept longer are not read. Tasks whose kind says how long they are kept
-- are those of `prune_kept`. The rows of $3 are left out: the server refused to remove them.
DELETE FROM fang_tasks
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM fang_tasks
    WHERE state IN ('finished', 'failed') AND keep_until IS NULL
      AND updated_at < now() - $1::bigint * interval '1 microsecond' AND id <> ALL ($3::uuid[])
    ORDER BY updated_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
))
