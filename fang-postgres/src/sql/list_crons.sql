SELECT name, pattern, time_zone, missed, task_type, mode, priority, last_tick, created_at, paused_at
FROM fang_crons
ORDER BY name
