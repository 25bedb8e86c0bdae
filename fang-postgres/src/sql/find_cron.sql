SELECT last_tick, task_id FROM fang_crons WHERE name = $1
