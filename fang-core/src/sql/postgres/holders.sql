-- The rows that kept others from being inserted: by their id, or by the unique hash they hold.
SELECT id, uniq_hash::text, created_at, scheduled_at
FROM fang_tasks
WHERE id = ANY ($1::uuid[])
UNION ALL
SELECT id, uniq_hash::text, created_at, scheduled_at
FROM fang_tasks
WHERE uniq_hash = ANY ($2) AND uniq_hash IS NOT NULL AND state IN ('new', 'retried', 'in_progress')
