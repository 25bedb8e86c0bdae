-- Makes a failed or waiting task due now and clears its cancellation. A failed task gets all its retries again. The task
-- no longer expires. A
-- unique one stays failed while it has a duplicate, because the unique index would refuse it.
WITH retried AS (
    UPDATE fang_tasks t
    SET state = 'retried', retries = CASE WHEN t.state = 'failed' THEN 0 ELSE t.retries END, crashes = 0,
        unknown_since = NULL, expires_at = NULL, keep_until = NULL, scheduled_at = now(), updated_at = now()
    WHERE t.id = $1 AND t.state IN ('failed', 'new', 'retried')
      AND NOT EXISTS (
        SELECT FROM fang_tasks other
        WHERE other.uniq_hash = t.uniq_hash AND other.uniq_hash IS NOT NULL AND other.id <> t.id
          AND other.state IN ('new', 'retried', 'in_progress')
      )
    RETURNING t.id, t.task_type
), wanted AS (
    DELETE FROM fang_cancellations WHERE task_id IN (SELECT id FROM retried)
)
SELECT task_type::text FROM retried
