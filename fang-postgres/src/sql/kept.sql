-- The tasks that `prune_kept` removes.
SELECT id FROM fang_tasks
WHERE keep_until <= now() AND state IN ('finished', 'failed') AND id <> ALL ($2::uuid[])
ORDER BY keep_until
LIMIT $1
