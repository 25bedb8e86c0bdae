-- The payloads of waiting tasks, in a walk down the primary key. Rows of other tasks come without a payload, so that a call
-- looks at no more than `$2` rows however many tasks have ended.
SELECT id, mode, CASE WHEN state IN ('new', 'retried') THEN metadata::text END AS metadata
FROM fang_tasks
WHERE id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
ORDER BY id DESC
LIMIT $2::bigint
