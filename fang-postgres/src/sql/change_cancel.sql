-- Cancels tasks, as `cancel` does for one. The rows of $3 are left out: the server refused to change them.
WITH meant AS MATERIALIZED (
    SELECT id, state, locked_by
    FROM fang_tasks
    WHERE id = ANY ($1::uuid[]) AND updated_at <= $2::timestamptz AND state IN ('new', 'retried', 'in_progress')
      AND id <> ALL ($3::uuid[])
    ORDER BY id
    FOR UPDATE SKIP LOCKED
), failed AS (
    UPDATE fang_tasks t
    SET state = 'failed', error_message = 'cancelled', updated_at = now()
    WHERE t.id = ANY (ARRAY (SELECT id FROM meant WHERE state IN ('new', 'retried')))
    RETURNING t.id
), asked AS (
    INSERT INTO fang_cancellations (task_id)
    SELECT id FROM meant WHERE state = 'in_progress'
    ON CONFLICT (task_id) DO UPDATE SET asked_at = clock_timestamp()
    RETURNING task_id
)
SELECT (SELECT count(*) FROM failed) + (SELECT count(*) FROM asked), '{}'::text[],
    ARRAY (SELECT DISTINCT locked_by FROM meant WHERE state = 'in_progress' AND locked_by IS NOT NULL)
