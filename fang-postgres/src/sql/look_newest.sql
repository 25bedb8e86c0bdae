-- Looks at up to 10,000 tasks in the order of their ids, the newest first, and returns those that match: their ids, places
-- and sizes. The last one that it looked at is returned in any case, since the next page begins behind it. Ids made by
-- fang grow with time, so the primary key gives this order.
--
-- The inner limit is a constant, so that no plan reads and sorts the table instead, and no condition is moved inside it.
-- The outer limit ends the scan once there are enough.
--
-- With $16 these are the tasks of one instant $15 of an index, of which there are too many for a page (see `page.rs`).
SELECT id, matches, place, bytes, is_last
FROM (
    SELECT id, matches, bytes, row_number() OVER () AS place, lead(id) OVER () IS NULL AS is_last
    FROM (
        SELECT id, pg_column_size(metadata)::bigint AS bytes, /* matches */ AND (
            $16::smallint IS NULL OR CASE
                WHEN $16 = 1 THEN updated_at = $15::timestamptz AND state IN ('finished', 'failed') AND keep_until IS NULL
                WHEN $16 = 2 THEN keep_until = $15 AND state IN ('finished', 'failed')
                ELSE scheduled_at = $15 AND state IN ('new', 'retried') AND 10 + 3 * priority + mode = $16
            END
        ) AS matches
        FROM fang_tasks
        WHERE id <= $12::uuid
        ORDER BY id DESC
        LIMIT 10000
    ) bounded
    LIMIT $13::bigint
) numbered
WHERE matches OR is_last
LIMIT $14::bigint
