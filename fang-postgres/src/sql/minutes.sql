-- Lists minutes or hours by the primary key, page by page. A page begins with the last minute of the page before, so it reads none of
-- the earlier ones. Those of the future were left by a clock that was ahead.
-- $5 tells whether to list kinds or task types, and $6 whether to list hours.
--
-- Each step of the recursion jumps to the next minute, so that a page of kinds does not pass by thousands of task types of each
-- minute, nor a page of task types by kinds.
WITH RECURSIVE minutes (at) AS (
    SELECT (
        SELECT minute
        FROM fang_minutes
        WHERE is_hour = $6::boolean AND minute >= coalesce($2::timestamptz, $1::timestamptz) AND minute <= now()
        ORDER BY minute
        LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT m.minute
        FROM fang_minutes m
        WHERE m.is_hour = $6 AND m.minute > minutes.at AND m.minute <= now()
        ORDER BY m.minute
        LIMIT 1
    )
    FROM minutes
    WHERE minutes.at IS NOT NULL
)
SELECT minute, name, counts::text
FROM (
    SELECT of_minute.*
    FROM minutes, LATERAL (
        SELECT m.minute, m.name, m.counts
        FROM fang_minutes m
        WHERE m.is_hour = $6 AND m.minute = minutes.at AND m.is_kind = $5::boolean
          AND m.name >= CASE WHEN minutes.at = $2 THEN $3::text ELSE '' END
          AND (minutes.at, m.name) IS DISTINCT FROM ($2, $3)
        ORDER BY m.name
        LIMIT $4::bigint
    ) of_minute
    LIMIT $4
) page
ORDER BY minute, name
