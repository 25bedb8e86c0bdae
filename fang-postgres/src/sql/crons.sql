-- Returns the crons that are not paused, those with the earliest tick first, so that the first rows tell what is due
-- and when the next one will be. Crons without a task come before all others: a pause has removed it, and they need
-- a new one. So do crons whose tick was chosen in the future, before the clock of the server went back.
SELECT now() AS now, name, pattern, time_zone, missed, last_tick, task_id, ticked_at
FROM fang_crons
WHERE paused_at IS NULL
ORDER BY task_id <> '00000000-0000-0000-0000-000000000000', ticked_at <= now(), last_tick
LIMIT 1000
