-- Tells that a worker lives, and learns in the same round trip whether it was declared dead, how long
-- it had been silent itself, whether another has been silent for too long, and how long anybody's
-- beats have come without a gap. For that, one writer in a thirtieth of a lease is
-- enough: a row for all must not make the beats queue. And whether anything is to be cancelled: `cancellations` tells
-- what, and that is asked for only then.
WITH before AS (
    SELECT beat_at FROM fang_workers WHERE id = $1
), beat AS (
    UPDATE fang_workers SET beat_at = now() WHERE id = $1 AND dead_at IS NULL RETURNING id
), chain AS (
    UPDATE fang_meta
    SET well_since = CASE
            WHEN beat_at < now() - $2::bigint / 2 * interval '1 microsecond' THEN now() ELSE well_since
        END,
        beat_at = now()
    WHERE beat_at < now() - $2::bigint / 30 * interval '1 microsecond'
    RETURNING well_since
)
SELECT EXISTS (SELECT FROM beat) AS is_alive,
    EXISTS (
        SELECT FROM fang_workers
        WHERE id <> $1 AND dead_at IS NULL AND beat_at < now() - $2::bigint * interval '1 microsecond'
    ) AS has_suspects,
    coalesce((SELECT extract(epoch FROM now() - beat_at) FROM before WHERE isfinite(beat_at)), 0)::float8 AS silent_for,
    coalesce((
        SELECT extract(epoch FROM now() - well_since)
        FROM (SELECT well_since FROM chain UNION ALL SELECT well_since FROM fang_meta LIMIT 1) known
        WHERE isfinite(well_since)
    ), 0)::float8 AS well_for,
    EXISTS (SELECT FROM fang_cancellations) AS has_cancellations
