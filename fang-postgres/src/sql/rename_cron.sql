-- Gives a cron another name and payload, so that the cron of a kind that was renamed, or that has a newer version, goes on
-- from its last tick. The waiting task stays, since its payload still runs. If there is a cron of the new name already,
-- the old one goes, with its waiting task: else each tick would come twice. A cron of the same name only gets the payload.
WITH renamed AS (
    UPDATE fang_crons SET name = $2, metadata = $3::text::jsonb
    WHERE name = $1 AND ($1 = $2 OR NOT EXISTS (SELECT FROM fang_crons WHERE name = $2))
    RETURNING name
), removed AS (
    DELETE FROM fang_crons WHERE name = $1 AND $1 <> $2 AND EXISTS (SELECT FROM fang_crons WHERE name = $2)
    RETURNING name, task_id
), waiting AS (
    DELETE FROM fang_tasks t USING removed WHERE t.id = removed.task_id AND t.state = 'new'
)
SELECT name FROM renamed UNION ALL SELECT name FROM removed
