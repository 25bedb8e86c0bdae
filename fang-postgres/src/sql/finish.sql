-- Saves results of all kinds, by the code of their verdict: 0 remove, 1 keep, 2 retry, 3 fail, 4 release before the run
-- began, 5 unknown kind, 6 release after that. The delay of 1 and 3 is how long the row is kept. One statement does it,
-- so that a batch is never saved by half. Fence and look-up are those of `finish_remove`. A row that is released without
-- a delay keeps its place among the due ones.
WITH r AS MATERIALIZED (
    SELECT hit.ctid AS place, v.*
    FROM unnest($2::uuid[], $3::integer[], $4::smallint[], $5::bigint[], $6::text[])
            AS v (id, lease, code, delay, error),
        LATERAL (
            SELECT t.ctid
            FROM fang_tasks t
            WHERE t.id = v.id AND t.lease = v.lease AND t.locked_by = $1 AND t.state = 'in_progress'
            OFFSET 0
        ) hit
), removed AS (
    DELETE FROM fang_tasks t
    USING r
    WHERE r.code = 0 AND t.ctid = r.place AND t.locked_by = $1
    RETURNING 1
), written AS (
    UPDATE fang_tasks t
    SET state = CASE
            WHEN r.code = 1 THEN 'finished'
            WHEN r.code = 3 THEN 'failed'
            WHEN r.code = 2 OR t.retries > 0 THEN 'retried'
            ELSE 'new'
        END::fang_task_state,
        retries = least(t.retries, 2147483646) + (r.code = 2)::integer,
        error_message = CASE WHEN r.code IN (4, 6) THEN t.error_message ELSE r.error END,
        errors = CASE
            WHEN r.code NOT IN (2, 3) THEN t.errors
            ELSE CASE
                WHEN jsonb_typeof(t.errors) IS DISTINCT FROM 'array' THEN '[]'
                WHEN jsonb_array_length(t.errors) >= 10 THEN t.errors - 0
                ELSE t.errors
            END || jsonb_build_object('at', now(), 'attempt', least(t.retries, 2147483646) + 1, 'error', r.error)
        END,
        scheduled_at = CASE
            WHEN r.delay IS NULL OR r.code IN (1, 3) OR r.code IN (4, 6) AND r.delay = 0 THEN t.scheduled_at
            ELSE now() + r.delay * interval '1 microsecond'
        END,
        unknown_since = CASE WHEN r.code = 5 THEN coalesce(t.unknown_since, now()) END,
        expires_at = CASE WHEN r.code IN (4, 5) THEN t.expires_at END,
        keep_until = CASE WHEN r.code IN (1, 3) THEN now() + r.delay * interval '1 microsecond' END,
        crashes = abs(greatest(t.crashes, (-32767)::smallint)),
        locked_by = NULL,
        updated_at = now()
    FROM r
    WHERE r.code <> 0 AND t.ctid = r.place AND t.locked_by = $1
    RETURNING 1
)
SELECT (SELECT count(*) FROM removed) + (SELECT count(*) FROM written) AS saved
