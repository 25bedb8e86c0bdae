-- The fastest insert of many tasks that are not unique. It returns no rows and resolves no conflicts, so it costs
-- the server half as much as `insert`. It fails if a task is already there, without telling which; the caller then
-- sends `insert`.
COPY fang_tasks (id, metadata, task_type, mode, priority, scheduled_at, options, expires_at) FROM STDIN (FORMAT binary)
