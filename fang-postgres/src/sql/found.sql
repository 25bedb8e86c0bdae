    LIMIT $13::bigint
), bounds AS MATERIALIZED (
    SELECT count(*) AS looked, max(at) AS first, min(at) AS last FROM seen
)
SELECT found.id, found.at, found.bytes, bounds.looked, bounds.first, bounds.last
FROM bounds
LEFT JOIN LATERAL (
    SELECT id, at, bytes
    FROM seen
    WHERE matches AND (bounds.looked < $13 OR at <> bounds.last) AND ($15::uuid IS NULL OR at <> $12 OR id < $15)
    ORDER BY at DESC, id DESC
    LIMIT $14::bigint
) found ON true
ORDER BY found.at DESC, found.id DESC
