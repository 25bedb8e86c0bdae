-- Takes back what no living worker holds. A worker that is not in the table is dead as well, but
-- not one that this statement's snapshot is too old to see: its claims are younger than a lease.
-- The row itself is checked again under its lock, so a finish that comes first wins.
WITH back AS (
    UPDATE fang_tasks t
    SET state = CASE WHEN least(t.crashes, 32766) + 1 >= $2::smallint THEN 'failed' ELSE 'retried' END::fang_task_state,
        error_message = CASE
            WHEN least(t.crashes, 32766) + 1 >= $2::smallint THEN 'the process that ran it died ' || (least(t.crashes, 32766) + 1) || ' times'
            ELSE t.error_message
        END,
        crashes = least(t.crashes, 32766) + 1,
        locked_by = NULL,
        updated_at = now()
    WHERE t.state = 'in_progress'
      AND (
        EXISTS (SELECT FROM fang_workers w WHERE w.id = t.locked_by AND w.dead_at IS NOT NULL)
        OR (
            t.updated_at < now() - $1::bigint * interval '1 microsecond'
            AND NOT EXISTS (SELECT FROM fang_workers w WHERE w.id = t.locked_by)
        )
      )
    RETURNING t.state
)
SELECT count(*) FILTER (WHERE state = 'retried') AS retried, count(*) FILTER (WHERE state = 'failed') AS failed
FROM back
