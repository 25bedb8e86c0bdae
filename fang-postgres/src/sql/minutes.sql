-- Lists minutes or hours by the primary key, page by page. A page begins with the last minute of the page before, so it reads none of
-- the earlier ones. Those of the future were left by a clock that was ahead.
-- $5 tells whether to list kinds or task types. The rows of the others are passed by in the index. $6 tells whether to list
-- hours.
SELECT minute, name, counts::text
FROM fang_minutes
WHERE is_hour = $6::boolean AND minute >= coalesce($2::timestamptz, $1) AND minute <= now() AND is_kind = $5::boolean
  AND ($2 IS NULL OR (minute, name) > ($2, $3))
ORDER BY minute, name
LIMIT $4
