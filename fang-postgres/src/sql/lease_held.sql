-- A connection was lost, and the locks of what was held with it: those tasks that nobody has taken since become claims
-- like any other. What is waiting under another lease was, or belongs to somebody else.
UPDATE fang_tasks
SET state = 'in_progress', lease = least(lease, 2147483646) + 1, locked_by = $1, updated_at = now()
WHERE ctid = ANY (ARRAY (
    SELECT hit.ctid
    FROM unnest($2::uuid[], $3::integer[]) AS r (id, lease),
        LATERAL (
            SELECT t.ctid
            FROM fang_tasks t
            WHERE t.id = r.id AND least(t.lease, 2147483646) + 1 = r.lease AND t.state IN ('new', 'retried')
            FOR UPDATE
        ) hit
))
