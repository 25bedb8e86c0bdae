-- Lists tasks page by page, the newest first. Ids made by fang grow with time, so the primary key gives this order.
SELECT id, metadata::text, error_message, state::text, task_type::text, uniq_hash::text, retries, scheduled_at, created_at,
    updated_at, mode, priority, lease, abs(greatest(crashes, (-32767)::smallint)), options::text, errors::text,
    expires_at, keep_until
FROM fang_tasks
WHERE ($1::text IS NULL OR state::text = $1)
  AND ($2::text IS NULL OR task_type = $2)
  AND ($5::text IS NULL OR options->'tags' ? $5)
  AND ($3::uuid IS NULL OR id < $3)
ORDER BY id DESC
LIMIT $4
