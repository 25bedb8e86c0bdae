-- Inserts tasks of which none is unique. It fails if an id is already there because the insert was repeated; the
-- caller then sends `insert`. Without ON CONFLICT the server's log has one record less for each task.
INSERT INTO fang_tasks (id, metadata, task_type, mode, priority, uniq_hash, scheduled_at, options, expires_at)
SELECT t.id, t.metadata::jsonb, t.task_type, t.mode, t.priority, t.uniq_hash,
    t.at, t.options::jsonb,
    t.at + t.expires * interval '1 microsecond'
FROM (
    SELECT *, coalesce(due_at, now() + delay * interval '1 microsecond') AS at
    FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::text[], $7::bigint[],
        $8::timestamptz[], $9::text[], $10::bigint[]
    ) AS t (id, metadata, task_type, mode, priority, uniq_hash, delay, due_at, options, expires)
) t
RETURNING id, created_at, scheduled_at
