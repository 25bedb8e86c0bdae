-- The same for periods of uniqueness: each ends as long after now as it should have after the insert. See `bring_back`.
-- The first $2 rows are left out: the server refused to change them.
UPDATE fang_unique
SET until = until - (created_at - now()), created_at = now(),
    scheduled_at = CASE WHEN scheduled_at = created_at THEN now() ELSE scheduled_at END
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM fang_unique
    WHERE created_at > now() + interval '10 s'
    ORDER BY key
    LIMIT $1 OFFSET $2
    FOR UPDATE SKIP LOCKED
))
