-- The tasks in progress, the newest first, with the workers that claimed them. Payloads stay out.
SELECT id, jsonb_strip_nulls(jsonb_build_object('type', metadata->'type'))::text,
    error_message, state::text, task_type::text, uniq_hash::text, retries, scheduled_at, created_at,
    updated_at, mode, priority, lease, abs(greatest(crashes, (-32767)::smallint)), options::text, errors::text,
    expires_at, keep_until, locked_by
FROM fang_tasks
WHERE state = 'in_progress' AND id <= $1::uuid
ORDER BY id DESC
LIMIT $2::bigint
