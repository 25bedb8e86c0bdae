-- The payloads of waiting tasks, in a walk down the primary key. Rows of other tasks come without a payload, so that a call
-- looks at no more than `$2` rows however many tasks have ended. It ends behind 2 MB of payloads, as they are sent: in the table
-- they may take a hundredth of that. Step by step, so that no payload is unpacked that is not sent.
WITH RECURSIVE walk (id, mode, metadata, place, bytes) AS (
    SELECT id, mode, metadata, 1::bigint, coalesce(octet_length(metadata), 0)
    FROM (
        SELECT id, mode, CASE WHEN state IN ('new', 'retried') THEN metadata::text END AS metadata
        FROM fang_tasks
        WHERE id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        ORDER BY id DESC
        LIMIT 1
    ) first
    UNION ALL
    SELECT next.id, next.mode, next.metadata, walk.place + 1, walk.bytes + coalesce(octet_length(next.metadata), 0)
    FROM walk, LATERAL (
        SELECT t.id, t.mode, CASE WHEN t.state IN ('new', 'retried') THEN t.metadata::text END AS metadata
        FROM fang_tasks t
        WHERE t.id < walk.id
        ORDER BY t.id DESC
        LIMIT 1
    ) next
    WHERE walk.place < $2::bigint AND walk.bytes < 2097152
)
SELECT id, mode, metadata
FROM walk
ORDER BY place
