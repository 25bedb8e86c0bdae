UPDATE fang_tasks
SET scheduled_at = coalesce($3::timestamptz, now() + $2::bigint * interval '1 microsecond'), updated_at = now()
WHERE id = $1 AND state IN ('new', 'retried')
RETURNING task_type::text
