-- Which of a worker's tasks are to be cancelled. A cancellation stands until its task is over: one that was given back
-- or failed before its process heard of it waits again, and fails here, whoever looks. What stands for no
-- task any more is removed, unless it was asked for again just now; and one that is older than its task was
-- meant for an earlier task under this id.
WITH asked AS MATERIALIZED (
    SELECT c.task_id, c.asked_at, t.state, t.locked_by, t.lease
    FROM fang_cancellations c
    LEFT JOIN fang_tasks t ON t.id = c.task_id AND t.created_at <= c.asked_at
), failed AS (
    UPDATE fang_tasks t
    SET state = 'failed', error_message = 'cancelled', updated_at = now()
    FROM asked a
    WHERE a.state IN ('new', 'retried') AND t.id = a.task_id AND t.state IN ('new', 'retried')
    RETURNING t.id
), gone AS (
    DELETE FROM fang_cancellations c
    USING asked a
    WHERE c.task_id = a.task_id AND c.asked_at = a.asked_at
      AND (a.state IS NULL OR a.state IN ('finished', 'failed') OR a.task_id IN (SELECT id FROM failed))
)
SELECT task_id, lease FROM asked WHERE state = 'in_progress' AND locked_by = $1
