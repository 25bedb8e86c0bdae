-- Keys whose period is over, a bounded batch. One that an insert is about to take again stays.
DELETE FROM fang_unique
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM fang_unique
    WHERE until <= now()
    ORDER BY until
    LIMIT $1
    FOR UPDATE SKIP LOCKED
))
