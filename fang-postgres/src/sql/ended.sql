-- The tasks that `prune_tasks` removes.
SELECT id FROM fang_tasks
WHERE state IN ('finished', 'failed') AND keep_until IS NULL
  AND updated_at < now() - $1::bigint * interval '1 microsecond'
  AND id <> ALL ($3::uuid[])
ORDER BY updated_at
LIMIT $2
