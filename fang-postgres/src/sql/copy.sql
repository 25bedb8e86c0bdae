-- The fastest way in for many tasks that no rule can keep out: it has no answer to send row by row and no
-- arbiter to ask, so it costs the server half of what `insert` does. It can tell nobody what was there
-- already; whoever hears that something was, sends `insert`.
COPY fang_tasks (id, metadata, task_type, mode, priority, scheduled_at, options) FROM STDIN (FORMAT binary)
