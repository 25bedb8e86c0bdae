WITH crons AS (DELETE FROM fang_crons WHERE task_type = $1)
DELETE FROM fang_tasks WHERE task_type = $1
