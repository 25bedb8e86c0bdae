-- Lists minutes by the primary key, page by page. A page begins with the last minute of the page before, so it reads none of
-- the earlier ones. Those of the future were left by a clock that was ahead.
SELECT minute, task_type, counts::text
FROM fang_minutes
WHERE minute >= coalesce($2::timestamptz, $1) AND minute <= now() AND ($2 IS NULL OR (minute, task_type) > ($2, $3))
ORDER BY minute, task_type
LIMIT $4
