-- All that tick, the most urgent first: what is due, and how long until the next.
SELECT now() AS now, name, pattern, last_tick FROM fang_crons WHERE paused_at IS NULL ORDER BY last_tick LIMIT 1000
