SELECT name, pattern, time_zone, missed, task_type, mode, priority, last_tick, created_at, paused_at,
    metadata::text, expires, options::text
FROM fang_crons
ORDER BY name
