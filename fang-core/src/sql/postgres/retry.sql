-- A failed task begins anew, a waiting one is due now.
UPDATE fang_tasks
SET state = 'retried', retries = CASE WHEN state = 'failed' THEN 0 ELSE retries END, crashes = 0,
    unknown_since = NULL, scheduled_at = now(), updated_at = now()
WHERE id = $1 AND state IN ('failed', 'new', 'retried')
