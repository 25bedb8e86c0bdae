UPDATE fang_tasks SET priority = $2, updated_at = now() WHERE id = $1 AND state IN ('new', 'retried')
