-- The same for periods of uniqueness: each ends as long after now as it should have after the insert. See `bring_back`.
UPDATE fang_unique
SET until = until - (created_at - now()), created_at = now(),
    scheduled_at = CASE WHEN scheduled_at = created_at THEN now() ELSE scheduled_at END
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM fang_unique WHERE created_at > now() + interval '10 s' LIMIT $1 FOR UPDATE SKIP LOCKED
))
