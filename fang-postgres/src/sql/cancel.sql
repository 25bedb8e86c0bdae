-- Cancels a task. A waiting task fails at once. For a running one the cancellation is recorded, and its process,
-- which alone can end the run, finds it there. The row lock puts every claim and finish before or after this
-- statement, so none slips in between; a second call for a recorded task only renews the record. All decisions use
-- the locked row, because the UPDATE may find an older version of it.
WITH task AS MATERIALIZED (
    SELECT id, state, locked_by FROM fang_tasks WHERE id = $1 FOR UPDATE
), failed AS (
    UPDATE fang_tasks t
    SET state = 'failed', error_message = 'cancelled', updated_at = now()
    FROM task
    WHERE t.id = task.id AND task.state IN ('new', 'retried')
    RETURNING t.id
), asked AS (
    INSERT INTO fang_cancellations (task_id)
    SELECT id FROM task WHERE state = 'in_progress'
    ON CONFLICT (task_id) DO UPDATE SET asked_at = clock_timestamp()
    RETURNING task_id
)
SELECT EXISTS (SELECT FROM failed) OR EXISTS (SELECT FROM asked) AS is_hit,
    (SELECT locked_by FROM task WHERE state = 'in_progress') AS held_by,
    EXISTS (SELECT FROM failed) AS has_ended
