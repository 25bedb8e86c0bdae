-- A task that waits has failed at once. Of one that runs this is only written down, for the process that runs it to
-- find: it alone can end the run. The lock makes a claim or a finish come before or after, so that none slips through
-- between the two; an insert of what is there already asks once more. What is decided is decided by the locked row
-- alone: the one that the update finds first may be older.
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
    (SELECT locked_by FROM task WHERE state = 'in_progress') AS held_by
