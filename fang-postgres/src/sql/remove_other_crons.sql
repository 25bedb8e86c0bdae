-- Removes all crons of a mode but the named ones: those that a program no longer has. Those made by hand stay.
WITH removed AS (
    DELETE FROM fang_crons WHERE mode = $1 AND NOT name = ANY ($2) AND name !~ '/hand:[^/]*$'
    RETURNING name, task_id
), waiting AS (
    DELETE FROM fang_tasks t USING removed WHERE t.id = removed.task_id AND t.state = 'new'
)
SELECT name FROM removed
