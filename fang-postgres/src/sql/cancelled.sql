-- The tasks that are to be cancelled.
SELECT task_id FROM fang_cancellations WHERE task_id <> ALL ($1::uuid[])
