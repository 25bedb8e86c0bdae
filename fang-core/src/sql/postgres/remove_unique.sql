DELETE FROM fang_tasks
WHERE uniq_hash = $1 AND uniq_hash IS NOT NULL AND state IN ('new', 'retried', 'in_progress')
