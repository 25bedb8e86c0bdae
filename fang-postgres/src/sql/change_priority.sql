-- Gives waiting tasks a priority. The rows of $4 are left out: the server refused to change them.
WITH changed AS (
    UPDATE fang_tasks t
    SET priority = $3::smallint, updated_at = now()
    WHERE t.id = ANY (ARRAY (
        SELECT id
        FROM fang_tasks
        WHERE id = ANY ($1::uuid[]) AND updated_at <= $2::timestamptz AND state IN ('new', 'retried')
          AND id <> ALL ($4::uuid[])
        ORDER BY id
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING t.id
)
SELECT count(*), '{}'::text[], '{}'::bigint[] FROM changed
