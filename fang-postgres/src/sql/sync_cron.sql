-- Saves a cron and inserts the task of its first tick in one statement, so that many processes that start together
-- insert one task. An unchanged cron stays as it is. If its pattern, time zone, policy or task changed, the waiting
-- task of the old cron is replaced, unless it is due already: a tick that waits for a worker still runs, if the old cron
-- did not skip missed ones. A tick counts as missed after $13 microseconds. Headers do not count, since each process may have others. A paused cron gets no task. Returns in
-- how many seconds the task is due.
WITH kept AS (
    INSERT INTO fang_crons AS c
        (name, pattern, time_zone, missed, metadata, task_type, mode, priority, last_tick, task_id, expires,
        options)
    VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7, $8, $9, $10, $11, $12::text::jsonb)
    ON CONFLICT (name) DO UPDATE
    SET pattern = excluded.pattern, time_zone = excluded.time_zone, missed = excluded.missed,
        metadata = excluded.metadata, task_type = excluded.task_type,
        mode = excluded.mode, priority = excluded.priority, last_tick = excluded.last_tick, ticked_at = now(),
        expires = excluded.expires, options = excluded.options,
        task_id = CASE WHEN c.paused_at IS NULL THEN excluded.task_id
            ELSE '00000000-0000-0000-0000-000000000000' END
    WHERE (c.pattern, c.time_zone, c.missed, c.metadata, c.task_type, c.mode, c.priority, c.expires,
            nullif(c.options - 'headers', '{}'))
        IS DISTINCT FROM
        (excluded.pattern, excluded.time_zone, excluded.missed, excluded.metadata, excluded.task_type,
            excluded.mode, excluded.priority, excluded.expires, nullif(excluded.options - 'headers', '{}'))
    RETURNING *
), replaced AS (
    DELETE FROM fang_tasks t
    USING fang_crons old, kept
    WHERE old.name = kept.name AND t.id = old.task_id AND t.state = 'new'
      AND (t.scheduled_at > now() OR old.missed = 'skip' AND t.scheduled_at < now() - $13::bigint * interval '1 microsecond')
)
INSERT INTO fang_tasks (id, metadata, task_type, mode, priority, scheduled_at, expires_at, options)
SELECT task_id, metadata, task_type, mode, priority, last_tick, last_tick + expires * interval '1 microsecond', options
FROM kept WHERE paused_at IS NULL
RETURNING task_type::text, extract(epoch FROM scheduled_at - clock_timestamp())::float8
