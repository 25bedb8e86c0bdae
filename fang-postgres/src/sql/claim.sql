-- Claims tasks for a whole pool. Each scan range binds all columns of the ready index but the last by equality, so
-- rows come in the order of time, and the first future row ends the scan: due, future and retried rows share one
-- index. State labels are literals, because a bound parameter would make the partial index unusable. SKIP LOCKED
-- lets two claimers pass each other. A worker that was declared dead, and a paused task type, get no tasks.
--
-- The payload comes as text. The caller decodes it row by row, so that a bad row costs only itself, and no value
-- that people can write into a row makes the statement fail.
--
-- A hash that begins with s belongs to a task that is unique until it starts. The claim removes the hash for good,
-- so that no later statement can conflict with it.
--
-- A task that another worker has listed has lost its lock there and may still run, so it becomes a written claim of
-- that worker under the listed lease. The list is read once all rows are locked, because that worker may have listed
-- them after this statement began. Lists are grouped, because a search in an array of hundreds for each row would be
-- slow.
--
-- The rows of $8 are left out: the server refused to change them (see `refused.rs`).
WITH due AS MATERIALIZED (
    SELECT due.*
    FROM unnest($3::smallint[], $4::smallint[], $5::timestamptz[]) AS scan_range (mode, priority, floor),
        LATERAL (
            SELECT t.ctid AS place, t.id, least(t.lease, 2147483646) + 1 AS lease
            FROM fang_tasks t
            WHERE t.task_type = $2 AND t.mode = scan_range.mode AND t.priority = scan_range.priority
              AND t.state IN ('new', 'retried')
              AND t.scheduled_at <= now() AND t.scheduled_at >= scan_range.floor
              AND t.id <> ALL ($8::uuid[])
            ORDER BY t.scheduled_at
            LIMIT $6
            FOR UPDATE SKIP LOCKED
        ) due
    WHERE EXISTS (SELECT FROM fang_workers w WHERE w.id = $1 AND w.dead_at IS NULL)
      AND NOT EXISTS (SELECT FROM fang_queues q WHERE q.task_type = $2 AND q.paused_at IS NOT NULL)
    LIMIT $6
), listed AS MATERIALIZED (
    SELECT id, lease, worker
    FROM fang_listed($2, (SELECT nullif(count(*), 0) FROM due), $7)
    WHERE worker <> $1
), theirs AS MATERIALIZED (
    SELECT max(place) AS place, max(worker) AS worker
    FROM (
        SELECT id, lease, place, NULL::bigint AS worker FROM due WHERE EXISTS (SELECT FROM listed)
        UNION ALL
        SELECT id, lease, NULL::tid, worker FROM listed
    ) every
    GROUP BY id, lease
    HAVING max(place) IS NOT NULL AND max(worker) IS NOT NULL
)
UPDATE fang_tasks t
SET state = 'in_progress', lease = least(lease, 2147483646) + 1, updated_at = now(),
    locked_by = coalesce((SELECT worker FROM theirs WHERE place = t.ctid), $1),
    uniq_hash = CASE WHEN uniq_hash LIKE 's%' THEN NULL ELSE uniq_hash END
WHERE ctid = ANY (ARRAY (SELECT place FROM due))
RETURNING id, lease, retries, crashes, metadata::text, mode, priority, scheduled_at,
    CASE WHEN isfinite(unknown_since) THEN extract(epoch FROM now() - unknown_since)::float8 END AS unknown_for,
    options::text, CASE WHEN expires_at <= now() THEN expires_at END AS expired_at, locked_by = $1 AS is_own
