-- Inserts any number of tasks in one statement, because the round trip and the commit make up the cost of an insert.
-- The id comes from the client, so a repeated insert changes nothing. A unique task with a duplicate is not
-- inserted. Tasks that were not inserted are not returned; `duplicates` tells which rows kept them out. Rows are
-- inserted in the order of their hashes, so that two batches with the same unique tasks do not deadlock.
INSERT INTO fang_tasks (id, metadata, task_type, mode, priority, uniq_hash, scheduled_at, options, expires_at)
SELECT t.id, t.metadata::jsonb, t.task_type, t.mode, t.priority, t.uniq_hash,
    t.at, t.options::jsonb,
    t.at + t.expires * interval '1 microsecond'
FROM (
    SELECT *, coalesce(due_at, now() + delay * interval '1 microsecond') AS at
    FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::text[], $7::bigint[],
        $8::timestamptz[], $9::text[], $10::bigint[]
    ) WITH ORDINALITY AS t (id, metadata, task_type, mode, priority, uniq_hash, delay, due_at, options, expires, place)
) t
ORDER BY t.uniq_hash, t.place
ON CONFLICT DO NOTHING
RETURNING id, created_at, scheduled_at
