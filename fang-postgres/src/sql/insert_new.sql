-- As `insert`, for tasks of which none is unique, so that only an id that is there already keeps one out: its insert
-- was repeated. Then this fails, and `insert` is sent. Until then nothing is asked that has but one answer, and
-- the log of the server has one record less for each task, with which a row is confirmed that might have met another.
INSERT INTO fang_tasks (id, metadata, task_type, mode, priority, uniq_hash, scheduled_at, options)
SELECT t.id, t.metadata::jsonb, t.task_type, t.mode, t.priority, t.uniq_hash,
    coalesce(t.due_at, now() + t.delay * interval '1 microsecond'), t.options::jsonb
FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::text[], $7::bigint[], $8::timestamptz[],
    $9::text[]
) AS t (id, metadata, task_type, mode, priority, uniq_hash, delay, due_at, options)
RETURNING id, created_at, scheduled_at
