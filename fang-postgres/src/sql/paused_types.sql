-- Lists the paused task types. The table has a row for each type that was ever paused.
SELECT task_type, paused_at FROM fang_queues WHERE paused_at IS NOT NULL ORDER BY task_type LIMIT $1
