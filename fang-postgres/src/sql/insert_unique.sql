-- Inserts batches in which a task is unique within a period or replaces another. Uniqueness is decided by an index:
-- by the primary key of `fang_unique` for periods, which outlast their tasks, else by the unique index of the tasks.
-- Rows are locked in the order of their keys, first all keys and then all tasks, so that two batches do not
-- deadlock. Returns the tasks that were inserted or replaced another; `duplicates` tells which rows kept out the
-- others.
WITH input AS MATERIALIZED (
    SELECT t.*, coalesce(t.due_at, now() + t.delay * interval '1 microsecond') AS at
    FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::text[], $7::bigint[],
        $8::timestamptz[], $9::text[], $10::bigint[], $11::bigint[], $12::smallint[]
    ) WITH ORDINALITY AS t (
        id, metadata, task_type, mode, priority, uniq_hash, delay, due_at, options, expires, period, replaces, place
    )
), taken AS (
    -- A repeated insert takes no key, not even after its task has ended. The search in `fang_unique` only saves the
    -- lock of a key that is taken.
    INSERT INTO fang_unique AS u (key, task_id, created_at, scheduled_at, until)
    SELECT DISTINCT ON (i.uniq_hash) i.uniq_hash, i.id, now(), i.at, now() + i.period * interval '1 microsecond'
    FROM input i
    WHERE i.period IS NOT NULL
      AND NOT EXISTS (SELECT FROM fang_tasks own WHERE own.id = i.id)
      AND NOT EXISTS (SELECT FROM fang_unique held WHERE held.key = i.uniq_hash AND held.until > now())
    ORDER BY i.uniq_hash, i.place
    ON CONFLICT (key) DO UPDATE
    SET task_id = excluded.task_id, created_at = excluded.created_at, scheduled_at = excluded.scheduled_at,
        until = excluded.until
    WHERE u.until <= now()
    RETURNING task_id
), inserted AS (
    INSERT INTO fang_tasks (id, metadata, task_type, mode, priority, uniq_hash, scheduled_at, options, expires_at)
    SELECT i.id, i.metadata::jsonb, i.task_type, i.mode, i.priority,
        CASE WHEN i.period IS NULL THEN i.uniq_hash END, i.at, i.options::jsonb, i.at + i.expires * interval '1 microsecond'
    FROM input i
    WHERE i.period IS NULL OR i.id IN (SELECT task_id FROM taken)
    ORDER BY i.uniq_hash, i.place
    ON CONFLICT DO NOTHING
    RETURNING id, created_at, scheduled_at
), duplicate AS (
    SELECT t.id, t.uniq_hash::text AS hash
    FROM fang_tasks t
    WHERE t.uniq_hash = ANY ($13) AND t.uniq_hash IS NOT NULL AND t.state IN ('new', 'retried')
    UNION ALL
    SELECT u.task_id, u.key
    FROM fang_unique u
    WHERE u.key = ANY ($14) AND u.until > now()
), wanted AS MATERIALIZED (
    -- A statement can change a row only once. Further tasks that replace the same row are sent again.
    SELECT DISTINCT ON (h.id) h.id AS target, i.*
    FROM input i
    JOIN duplicate h ON h.hash = i.uniq_hash
    WHERE i.replaces > 0
      AND NOT EXISTS (SELECT FROM inserted n WHERE n.id = i.id)
      AND NOT EXISTS (SELECT FROM fang_tasks own WHERE own.id = i.id)
    ORDER BY h.id, i.place
), locked AS MATERIALIZED (
    -- A claim that comes first wins, so the state is checked again under the lock.
    SELECT t.id
    FROM wanted w
    JOIN fang_tasks t ON t.id = w.target
    WHERE t.state IN ('new', 'retried') AND (w.period IS NOT NULL OR t.uniq_hash::text = w.uniq_hash)
    ORDER BY t.id
    FOR UPDATE OF t
), replaced AS (
    -- By id, not by place: a row that was changed just before it was locked has moved.
    UPDATE fang_tasks t
    SET metadata = CASE WHEN w.replaces & 1 > 0 THEN w.metadata::jsonb ELSE t.metadata END,
        scheduled_at = CASE WHEN w.replaces & 2 > 0 THEN w.at ELSE t.scheduled_at END,
        expires_at = CASE
            WHEN w.replaces & 2 > 0 AND t.state = 'new' THEN w.at + w.expires * interval '1 microsecond'
            ELSE t.expires_at
        END,
        priority = CASE WHEN w.replaces & 4 > 0 THEN w.priority ELSE t.priority END,
        updated_at = now()
    FROM wanted w, locked l
    WHERE l.id = w.target AND t.id = l.id AND t.state IN ('new', 'retried')
    RETURNING w.id AS asked, t.id, t.created_at, t.scheduled_at
)
SELECT id AS asked, id, created_at, scheduled_at FROM inserted
UNION ALL
SELECT asked, id, created_at, scheduled_at FROM replaced
