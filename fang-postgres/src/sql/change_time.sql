-- Moves waiting tasks, as `reschedule` does for one. The rows of $5 are left out: the server refused to change them.
WITH changed AS (
    UPDATE fang_tasks t
    SET scheduled_at = new.at, updated_at = now(),
        expires_at = CASE
            WHEN isfinite(t.scheduled_at) AND isfinite(t.expires_at) THEN t.expires_at + (new.at - t.scheduled_at)
            ELSE t.expires_at
        END
    FROM (SELECT coalesce($4::timestamptz, now() + $3::bigint * interval '1 microsecond') AS at) new
    WHERE t.id = ANY (ARRAY (
        SELECT id
        FROM fang_tasks
        WHERE id = ANY ($1::uuid[]) AND updated_at <= $2::timestamptz AND state IN ('new', 'retried')
          AND id <> ALL ($5::uuid[])
        ORDER BY id
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING t.task_type
)
SELECT count(*), coalesce(array_agg(DISTINCT task_type::text), '{}'), '{}'::bigint[] FROM changed
