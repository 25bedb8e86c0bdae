-- All that tick, the most urgent first: what is due, and how long until the next. One without a task,
-- which a pause has taken, needs it.
SELECT now() AS now, name, pattern, time_zone, missed, last_tick, task_id
FROM fang_crons
WHERE paused_at IS NULL
ORDER BY task_id <> '00000000-0000-0000-0000-000000000000', last_tick
LIMIT 1000
