-- Writes claims for the tasks of a lost connection, whose locks are gone, unless others have taken them since. A
-- task that waits under another lease has run to an end, or belongs to others.
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
