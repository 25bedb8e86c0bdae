-- Moves every instant of the tables back, as if that time had passed, so that the server's clock still decides what is due.
-- For tests. One statement, so that nobody sees a part of it. Returns the task types whose tasks wait, since these may
-- be due now. Infinite instants stay. No backslash:
-- where `standard_conforming_strings` is off, it would be gone.
WITH turn AS MATERIALIZED (
    SELECT $1::bigint * interval '1 microsecond' AS span
), tasks AS (
    UPDATE fang_tasks t
    SET scheduled_at = t.scheduled_at - span, created_at = t.created_at - span, updated_at = t.updated_at - span,
        unknown_since = t.unknown_since - span, expires_at = t.expires_at - span, keep_until = t.keep_until - span,
        errors = CASE WHEN jsonb_typeof(t.errors) = 'array' THEN (
            SELECT jsonb_agg(
                CASE
                    WHEN e.error->>'at' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T'
                    THEN jsonb_set(e.error, '{at}', to_jsonb((e.error->>'at')::timestamptz - span))
                    ELSE e.error
                END ORDER BY e.place
            )
            FROM jsonb_array_elements(t.errors) WITH ORDINALITY AS e (error, place)
        ) ELSE t.errors END
    FROM turn
), workers AS (
    UPDATE fang_workers t
    SET started_at = t.started_at - span, beat_at = t.beat_at - span, dead_at = t.dead_at - span
    FROM turn
), meta AS (
    UPDATE fang_meta t
    SET beat_at = t.beat_at - span, well_since = t.well_since - span, gathered_in = t.gathered_in - span,
        vacuum_at = t.vacuum_at - span
    FROM turn
), old_minutes AS (
    DELETE FROM fang_minutes RETURNING *
), minutes AS (
    -- Sorted, so that all are removed before the first one comes to the place of another.
    INSERT INTO fang_minutes (minute, is_hour, is_kind, name, counts)
    SELECT m.minute - span, m.is_hour, m.is_kind, m.name, m.counts FROM old_minutes m, turn ORDER BY 1, 2, 3, 4
), queues AS (
    UPDATE fang_queues t SET paused_at = t.paused_at - span FROM turn
), periods AS (
    UPDATE fang_unique t
    SET created_at = t.created_at - span, scheduled_at = t.scheduled_at - span, until = t.until - span
    FROM turn
), cancellations AS (
    UPDATE fang_cancellations t SET asked_at = t.asked_at - span FROM turn
), crons AS (
    UPDATE fang_crons t
    SET last_tick = t.last_tick - span, paused_at = t.paused_at - span, created_at = t.created_at - span,
        ticked_at = t.ticked_at - span
    FROM turn
), lists AS (
    UPDATE fang_lock_claims t SET floor = t.floor - span FROM turn
)
SELECT DISTINCT task_type::text FROM fang_tasks WHERE state IN ('new', 'retried')
