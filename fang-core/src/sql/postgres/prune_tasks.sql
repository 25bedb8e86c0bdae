-- A bounded bite, so that no transaction is long.
DELETE FROM fang_tasks
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM fang_tasks
    WHERE state IN ('finished', 'failed') AND updated_at < now() - $1::bigint * interval '1 microsecond'
    LIMIT $2
    FOR UPDATE SKIP LOCKED
))
