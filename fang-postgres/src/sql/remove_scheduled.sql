WITH crons AS (DELETE FROM fang_crons)
DELETE FROM fang_tasks WHERE state IN ('new', 'retried') AND scheduled_at > now()
