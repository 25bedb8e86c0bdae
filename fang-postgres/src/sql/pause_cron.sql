-- Pauses a cron and removes its waiting task. The nil id records that: when the pause ends, the tick of that task is
-- due later or was missed. A task that runs or has run is not removed and not repeated.
WITH taken AS (
    DELETE FROM fang_tasks t
    USING fang_crons c
    WHERE c.name = $1 AND c.paused_at IS NULL AND t.id = c.task_id AND t.state = 'new'
    RETURNING t.id
)
UPDATE fang_crons
SET paused_at = now(),
    task_id = CASE WHEN EXISTS (SELECT FROM taken) THEN '00000000-0000-0000-0000-000000000000' ELSE task_id END
WHERE name = $1 AND paused_at IS NULL
