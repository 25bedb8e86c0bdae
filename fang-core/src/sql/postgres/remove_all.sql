WITH crons AS (DELETE FROM fang_crons)
DELETE FROM fang_tasks
