-- Removes a cron whose pattern never fires again. Compares and sets, as `fire` does.
WITH done AS (
    DELETE FROM fang_crons WHERE name = $1 AND last_tick = $2 AND paused_at IS NULL
    RETURNING *
), dropped AS (
    DELETE FROM fang_tasks t USING done WHERE t.id = $5 AND t.state = 'new'
), late AS (
    INSERT INTO fang_tasks (id, metadata, task_type, mode, priority, scheduled_at, expires_at, options)
    SELECT tick.id, done.metadata, done.task_type, done.mode, done.priority, tick.due_at,
        tick.due_at + done.expires * interval '1 microsecond', done.options
    FROM done, unnest($3::timestamptz[], $4::uuid[]) AS tick (due_at, id)
)
SELECT name FROM done
