-- Looks at up to 10,000 tasks in the order of their ids, the oldest first, as `look_newest` does. For changes of many tasks:
-- an id never changes, so that no task comes twice.
SELECT id, matches, place, is_last
FROM (
    SELECT id, matches, row_number() OVER () AS place, lead(id) OVER () IS NULL AS is_last
    FROM (
        SELECT id, /* matches */ AS matches
        FROM fang_tasks
        WHERE id >= $12::uuid
        ORDER BY id
        LIMIT 10000
    ) bounded
) numbered
WHERE matches OR is_last
LIMIT $13::bigint
