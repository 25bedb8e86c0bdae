-- Compare and set: of all the processes that see the same last tick, one inserts the next.
WITH won AS (
    UPDATE fang_crons SET last_tick = $3, task_id = $4
    WHERE name = $1 AND last_tick = $2 AND paused_at IS NULL
    RETURNING *
)
INSERT INTO fang_tasks (id, metadata, task_type, mode, priority, scheduled_at)
SELECT task_id, metadata, task_type, mode, priority, last_tick FROM won
