-- Fires a cron by compare and set: of all processes that saw the same last tick, one inserts the next task, and
-- those of missed ticks that are caught up. The task of the last tick is removed if that tick was missed. Returns when
-- each of the tasks is due, in seconds, since pools are told.
WITH won AS (
    UPDATE fang_crons SET last_tick = $3, task_id = $4, ticked_at = now()
    WHERE name = $1 AND last_tick = $2 AND paused_at IS NULL
    RETURNING *
), dropped AS (
    DELETE FROM fang_tasks t USING won WHERE t.id = $7 AND t.state = 'new'
)
INSERT INTO fang_tasks (id, metadata, task_type, mode, priority, scheduled_at, expires_at, options)
SELECT tick.id, won.metadata, won.task_type, won.mode, won.priority, tick.due_at,
    tick.due_at + won.expires * interval '1 microsecond', won.options
FROM won, unnest($5::timestamptz[] || $3::timestamptz, $6::uuid[] || $4::uuid) AS tick (due_at, id)
RETURNING task_type::text, extract(epoch FROM scheduled_at - clock_timestamp())::float8
