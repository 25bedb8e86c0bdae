-- One statement for any number of tasks: a round trip and a commit are what an insert costs.
-- The id comes from the client, so a repeated insert does nothing; nor does a unique task that is
-- alive. What was not inserted does not come back: `duplicates` tells what is there instead. Two
-- batches with the same unique tasks meet them in the same order, so neither locks the other out.
INSERT INTO fang_tasks (id, metadata, task_type, mode, priority, uniq_hash, scheduled_at, options)
SELECT t.id, t.metadata::jsonb, t.task_type, t.mode, t.priority, t.uniq_hash,
    coalesce(t.due_at, now() + t.delay * interval '1 microsecond'), t.options::jsonb
FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::text[], $7::bigint[], $8::timestamptz[],
    $9::text[]
) WITH ORDINALITY AS t (id, metadata, task_type, mode, priority, uniq_hash, delay, due_at, options, place)
ORDER BY t.uniq_hash, t.place
ON CONFLICT DO NOTHING
RETURNING id, created_at, scheduled_at
