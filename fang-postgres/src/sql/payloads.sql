-- The payloads of waiting tasks, in a walk down the primary key. Rows of other tasks come without a payload, so that a call
-- looks at no more than `$2` rows however many tasks have ended. It ends behind 2 MB of payloads, as they are in the table.
SELECT id, mode, CASE WHEN waits THEN metadata::text END AS metadata
FROM (
    SELECT id, mode, metadata, waits, sum(bytes) OVER (ORDER BY id DESC ROWS UNBOUNDED PRECEDING) - bytes AS before
    FROM (
        SELECT id, mode, metadata, waits, CASE WHEN waits THEN pg_column_size(metadata) ELSE 0 END AS bytes
        FROM (
            SELECT id, mode, metadata, state IN ('new', 'retried') AS waits
            FROM fang_tasks
            WHERE id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
            ORDER BY id DESC
            LIMIT $2::bigint
        ) walked
    ) sized
) summed
WHERE before < 2097152
ORDER BY id DESC
