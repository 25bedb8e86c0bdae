-- A bounded batch, so that no transaction is long, of the oldest: an index has them, so that neither what waits nor
-- what is kept for longer is looked at.
DELETE FROM fang_tasks
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM fang_tasks
    WHERE state IN ('finished', 'failed') AND updated_at < now() - $1::bigint * interval '1 microsecond'
    ORDER BY updated_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
))
