-- Tasks in progress, of any worker.
SELECT id FROM fang_tasks WHERE state = 'in_progress' AND id <> ALL ($1::uuid[])
