-- Removes tasks. The rows of $3 are left out: the server refused to remove them.
WITH changed AS (
    DELETE FROM fang_tasks
    WHERE id = ANY (ARRAY (
        SELECT id
        FROM fang_tasks
        WHERE id = ANY ($1::uuid[]) AND updated_at <= $2::timestamptz AND id <> ALL ($3::uuid[])
        ORDER BY id
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING id
)
SELECT count(*), '{}'::text[], '{}'::bigint[] FROM changed
