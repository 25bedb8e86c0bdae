-- Looks at up to 10,000 tasks in progress, the newest first, as `look_newest` does. The index of running tasks is led by id.
SELECT id, matches, place, bytes, is_last
FROM (
    SELECT id, matches, bytes, row_number() OVER () AS place, lead(id) OVER () IS NULL AS is_last
    FROM (
        SELECT id, pg_column_size(metadata)::bigint AS bytes, /* matches */ AS matches
        FROM fang_tasks
        WHERE state = 'in_progress' AND id <= $12::uuid
        ORDER BY id DESC
        LIMIT 10000
    ) bounded
    LIMIT $13::bigint
) numbered
WHERE matches OR is_last
LIMIT $14::bigint
