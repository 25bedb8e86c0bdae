-- Makes a lock-claim: `claim` without its update, in a transaction that stays open and keeps the rows locked.
-- `is_apart` marks tasks that need a written claim before they run: those that are unique until they start, and
-- those that may have crashed a process. A row cannot move while it is locked, so its place is enough to find it at
-- the commit.
--
-- Only rows that were locked are turned into text, which costs more than passing rows that others have locked. In
-- shared ranges the scan begins where any other lock-claim left off.
SELECT id, lease, retries, crashes, metadata::text, mode, priority, scheduled_at,
    CASE WHEN isfinite(unknown_since) THEN extract(epoch FROM now() - unknown_since)::float8 END AS unknown_for,
    options::text, CASE WHEN expires_at <= now() THEN expires_at END AS expired_at, place,
    crashes <> 0 OR coalesce(uniq_hash LIKE 's%', false) AS is_apart,
    (SELECT pg_current_xact_id()::text::bigint) AS transaction
FROM unnest($3::smallint[], $4::smallint[], $5::timestamptz[], $8::boolean[])
        AS scan_range (of_mode, of_priority, floor, is_shared),
    LATERAL (
        SELECT t.ctid AS place, t.id, least(t.lease, 2147483646) + 1 AS lease, t.retries, t.crashes, t.metadata, t.mode,
            t.priority, t.scheduled_at, t.unknown_since, t.options, t.uniq_hash, t.expires_at
        FROM fang_tasks t
        WHERE t.task_type = $2 AND t.mode = scan_range.of_mode AND t.priority = scan_range.of_priority
          AND t.state IN ('new', 'retried')
          AND t.scheduled_at <= now() AND t.scheduled_at >= greatest(scan_range.floor, CASE WHEN scan_range.is_shared THEN (
            SELECT max(h.floor)
            FROM fang_lock_claims h
            WHERE h.transaction >= $7::bigint::text::xid8 AND h.task_type = $2 AND h.mode = scan_range.of_mode
              AND h.priority = scan_range.of_priority
          ) END)
          AND t.id <> ALL ($9::uuid[])
        ORDER BY t.scheduled_at
        LIMIT $6
        FOR UPDATE SKIP LOCKED
    ) due
WHERE EXISTS (SELECT FROM fang_workers w WHERE w.id = $1 AND w.dead_at IS NULL)
  AND NOT EXISTS (SELECT FROM fang_queues q WHERE q.task_type = $2 AND q.paused_at IS NOT NULL)
LIMIT $6
