-- Fetches the tasks of a page. Without $2, only the kind of each payload is sent, and not all of one that is absurdly long:
-- nothing else bounds such a page.
SELECT id,
    CASE WHEN $2::boolean THEN metadata
        ELSE jsonb_strip_nulls(jsonb_build_object('type',
            CASE jsonb_typeof(metadata->'type') WHEN 'string' THEN left(metadata->>'type', 255) END))
    END::text,
    error_message, state::text, task_type::text, uniq_hash::text, retries, scheduled_at, created_at,
    updated_at, mode, priority, lease, abs(greatest(crashes, (-32767)::smallint)), options::text, errors::text,
    expires_at, keep_until
FROM fang_tasks
WHERE id = ANY ($1::uuid[])
