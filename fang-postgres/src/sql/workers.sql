-- Lists workers by their ids, page by page. Their rows go an hour after their death, so there are not many.
SELECT id, info::text, started_at, beat_at, coalesce(
        CASE WHEN isfinite(beat_at) THEN extract(epoch FROM now() - beat_at) END, 0
    )::float8 AS silent_for, dead_at IS NOT NULL AS is_dead, workers, busy, is_quiet, asked, told::text, gathered::text,
    coalesce(dead_at > beat_at, false) AS is_lost
FROM fang_workers
WHERE id > $1
ORDER BY id
LIMIT $2
