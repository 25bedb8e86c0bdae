-- Removes keys whose period is over, in a bounded batch, behind those that the server refused to remove. A key that an
-- insert has locked to take it again stays.
DELETE FROM fang_unique
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM fang_unique
    WHERE until <= now()
    ORDER BY until, key
    LIMIT $1 OFFSET $2
    FOR UPDATE SKIP LOCKED
))
