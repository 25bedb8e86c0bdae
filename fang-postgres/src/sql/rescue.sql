-- Takes back tasks whose worker is dead. A worker that is not in the table counts as dead too, unless this
-- statement's snapshot may be too old to see it: its claims are then younger than a lease. Rows are checked again
-- under their lock, so a finish that comes first wins. The crash that would fail a task counts only if the task was
-- marked as the suspect, or if the first crash fails a task anyway. A task that was taken back counts as begun and no
-- longer expires. Cancelled tasks do not run again. Locked rows are left for the next rescue: a transaction of an
-- application that finishes one may hang, and must not hold up the rescue of all others. So are those of $3, which the
-- server refused to change.
WITH orphan AS MATERIALIZED (
    SELECT t.ctid AS place, least(abs(greatest(t.crashes, -32767)), 32766) + 1 AS crashes,
        t.crashes < 0 OR $2::smallint <= 1 AS counts,
        EXISTS (
            SELECT FROM fang_cancellations c
            WHERE c.task_id = t.id AND (c.asked_at >= t.created_at OR t.created_at > now())
        ) AS is_cancelled
    FROM fang_tasks t
    WHERE t.state = 'in_progress' AND t.id <> ALL ($3::uuid[])
      AND (
        EXISTS (SELECT FROM fang_workers w WHERE w.id = t.locked_by AND w.dead_at IS NOT NULL)
        OR (
            t.updated_at < now() - $1::bigint * interval '1 microsecond'
            AND NOT EXISTS (SELECT FROM fang_workers w WHERE w.id = t.locked_by)
        )
      )
    FOR UPDATE OF t SKIP LOCKED
), back AS (
    UPDATE fang_tasks t
    SET state = CASE
            WHEN o.is_cancelled OR o.counts AND o.crashes >= $2 THEN 'failed' ELSE 'retried'
        END::fang_task_state,
        error_message = CASE
            WHEN o.is_cancelled THEN 'cancelled'
            WHEN o.counts AND o.crashes >= $2 THEN 'the process that ran it died ' || o.crashes || ' times'
            ELSE t.error_message
        END,
        crashes = CASE WHEN o.counts THEN o.crashes ELSE least(o.crashes, $2 - 1) END,
        locked_by = NULL,
        expires_at = NULL,
        updated_at = now()
    FROM orphan o
    WHERE t.ctid = o.place
    RETURNING t.id, t.metadata ->> 'type' AS kind, t.task_type, t.mode, t.retries,
        CASE WHEN t.state = 'failed' THEN t.error_message END AS error
)
SELECT * FROM back
