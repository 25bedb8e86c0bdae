-- Returns the rows that kept tasks from being inserted: those with the same id, with the same unique hash, or with
-- the same key of a period, which may outlast its task.
SELECT id, uniq_hash::text, state IN ('new', 'retried') AS waits, created_at, scheduled_at
FROM fang_tasks
WHERE id = ANY ($1::uuid[])
UNION ALL
SELECT id, uniq_hash::text, state IN ('new', 'retried'), created_at, scheduled_at
FROM fang_tasks
WHERE uniq_hash = ANY ($2) AND uniq_hash IS NOT NULL AND state IN ('new', 'retried', 'in_progress')
UNION ALL
SELECT u.task_id, u.key, coalesce(t.state IN ('new', 'retried'), false), coalesce(t.created_at, u.created_at),
    coalesce(t.scheduled_at, u.scheduled_at)
FROM fang_unique u
LEFT JOIN fang_tasks t ON t.id = u.task_id
WHERE u.key = ANY ($3) AND u.until > now()
