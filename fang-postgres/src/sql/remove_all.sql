WITH crons AS (DELETE FROM fang_crons), periods AS (DELETE FROM fang_unique)
DELETE FROM fang_tasks
