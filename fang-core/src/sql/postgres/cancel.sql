UPDATE fang_tasks
SET state = 'failed', error_message = 'cancelled', updated_at = now()
WHERE id = $1 AND state IN ('new', 'retried')
