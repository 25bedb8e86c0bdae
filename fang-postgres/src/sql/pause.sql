INSERT INTO fang_queues AS q (task_type, paused_at) VALUES ($1, now())
ON CONFLICT (task_type) DO UPDATE SET paused_at = now() WHERE q.paused_at IS NULL
