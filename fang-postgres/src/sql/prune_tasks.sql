-- Removes the oldest tasks that have ended, in a bounded batch, so that no transaction is long. They are found by an
-- index, so waiting tasks and those that are kept longer are not read. Tasks whose kind says how long they are kept
-- are those of `prune_kept`.
DELETE FROM fang_tasks
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM fang_tasks
    WHERE state IN ('finished', 'failed') AND keep_until IS NULL
      AND updated_at < now() - $1::bigint * interval '1 microsecond'
    ORDER BY updated_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
))
