SELECT id, metadata::text, error_message, state::text, task_type::text, uniq_hash::text, retries, scheduled_at, created_at,
    updated_at, mode, priority, lease, abs(greatest(crashes, (-32767)::smallint)), options::text, errors::text,
    expires_at, keep_until
FROM fang_tasks
WHERE id = $1
