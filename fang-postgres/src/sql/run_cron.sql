-- Inserts a task of a cron, due now, and leaves the cron as it is. The id comes from the client, so a repeated call
-- inserts nothing more.
WITH ran AS (
    INSERT INTO fang_tasks (id, metadata, task_type, mode, priority, scheduled_at, expires_at, options)
    SELECT $2, metadata, task_type, mode, priority, now(), now() + expires * interval '1 microsecond', options
    FROM fang_crons WHERE name = $1
    ON CONFLICT DO NOTHING
)
SELECT task_type FROM fang_crons WHERE name = $1
