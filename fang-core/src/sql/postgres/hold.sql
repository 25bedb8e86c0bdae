-- The claim that writes nothing: `claim` without its update, within a transaction that goes on. As long as that is
-- open, the locks keep the rows. Left out by the caller are rows that have to be written before they run: those that
-- are unique until they are started, and those that may have killed a process. Where a row lies cannot change while
-- it is locked, so `settle` finds it without an index.
SELECT due.*
FROM unnest($3::smallint[], $4::smallint[], $5::timestamptz[]) AS lane (mode, priority, floor),
    LATERAL (
        SELECT t.id, least(t.lease, 2147483646) + 1 AS lease, t.retries, t.crashes, t.metadata::text, t.mode,
            t.priority, t.scheduled_at,
            CASE WHEN isfinite(t.unknown_since) THEN extract(epoch FROM now() - t.unknown_since)::float8 END
                AS unknown_for,
            t.options::text, t.ctid AS place, t.crashes <> 0 OR coalesce(t.uniq_hash LIKE 's%', false) AS is_apart
        FROM fang_tasks t
        WHERE t.task_type = $2 AND t.mode = lane.mode AND t.priority = lane.priority
          AND t.state IN ('new', 'retried')
          AND t.scheduled_at <= now() AND t.scheduled_at >= lane.floor
        ORDER BY t.scheduled_at
        LIMIT $6
        FOR UPDATE SKIP LOCKED
    ) due
WHERE EXISTS (SELECT FROM fang_workers w WHERE w.id = $1 AND w.dead_at IS NULL)
  AND NOT EXISTS (SELECT FROM fang_queues q WHERE q.task_type = $2 AND q.paused_at IS NOT NULL)
LIMIT $6
