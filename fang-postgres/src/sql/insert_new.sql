-- Inserts tasks of which none is unique. It fails if an id is already there because the insert was repeated; the
-- caller then sends `insert`. Without ON CONFLICT the server's log has one record less for each task.
INSERT INTO fang_tasks (id, metadata, task_type, mode, priority, uniq_hash, scheduled_at, options)
SELECT t.id, t.metadata::jsonb, t.task_type, t.mode, t.priority, t.uniq_hash,
    coalesce(t.due_at, now() + t.delay * interval '1 microsecond'), t.options::jsonb
FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::text[], $7::bigint[], $8::timestamptz[],
    $9::text[]
) AS t (id, metadata, task_type, mode, priority, uniq_hash, delay, due_at, options)
RETURNING id, created_at, scheduled_at
