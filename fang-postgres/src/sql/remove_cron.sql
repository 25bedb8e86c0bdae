WITH removed AS (
    DELETE FROM fang_crons WHERE name = $1 RETURNING name, task_id
), waiting AS (
    DELETE FROM fang_tasks t USING removed WHERE t.id = removed.task_id AND t.state = 'new'
)
SELECT name FROM removed
