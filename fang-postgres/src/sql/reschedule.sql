-- Moves a waiting task. The instant at which it expires moves along, so that as much time is left to begin it.
UPDATE fang_tasks t
SET scheduled_at = new.at, updated_at = now(),
    expires_at = CASE
        WHEN isfinite(t.scheduled_at) AND isfinite(t.expires_at) THEN t.expires_at + (new.at - t.scheduled_at)
        ELSE t.expires_at
    END
FROM (SELECT coalesce($3::timestamptz, now() + $2::bigint * interval '1 microsecond') AS at) new
WHERE t.id = $1 AND t.state IN ('new', 'retried')
RETURNING t.task_type::text
