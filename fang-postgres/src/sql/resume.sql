UPDATE fang_queues SET paused_at = NULL WHERE task_type = $1 AND paused_at IS NOT NULL
