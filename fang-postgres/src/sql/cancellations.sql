-- Returns the tasks of a worker that are to be cancelled. A cancellation stays recorded until its task is over. A
-- task that was released or failed before its process learned of it waits again; any worker that asks here fails it.
-- The statement removes cancellations whose task is over, unless they were renewed just now, and those older than
-- their task, which were meant for an earlier task with this id. A task from the future was inserted while the clock of
-- the server was ahead. The rows of $2 are left out: the server refused to change them.
WITH asked AS MATERIALIZED (
    SELECT c.task_id, c.asked_at, t.state, t.locked_by, t.lease
    FROM fang_cancellations c
    LEFT JOIN fang_tasks t ON t.id = c.task_id AND (t.created_at <= c.asked_at OR t.created_at > now())
), failed AS (
    UPDATE fang_tasks t
    SET state = 'failed', error_message = 'cancelled', updated_at = now()
    FROM asked a
    WHERE a.state IN ('new', 'retried') AND t.id = a.task_id AND t.state IN ('new', 'retried')
      AND a.task_id <> ALL ($2::uuid[])
    RETURNING t.id
), gone AS (
    DELETE FROM fang_cancellations c
    USING asked a
    WHERE c.task_id = a.task_id AND c.asked_at = a.asked_at
      AND (a.state IS NULL OR a.state IN ('finished', 'failed') OR a.task_id IN (SELECT id FROM failed))
)
SELECT task_id, lease FROM asked WHERE state = 'in_progress' AND locked_by = $1
