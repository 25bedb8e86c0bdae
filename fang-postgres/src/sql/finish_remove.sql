-- Results whose rows all go: the common case of `finish`, and cheaper. The fence: whoever lost the
-- claim removes nothing; the outer condition is checked again if the row changed meanwhile, and
-- `locked_by` is null whenever a row is not in progress. Each row is looked up by its id: the inner
-- OFFSET keeps the planner from walking an index that was empty when it looked, and is not now.
DELETE FROM fang_tasks
WHERE ctid = ANY (ARRAY (
    SELECT hit.ctid
    FROM unnest($2::uuid[], $3::integer[]) AS r (id, lease),
        LATERAL (
            SELECT t.ctid
            FROM fang_tasks t
            WHERE t.id = r.id AND t.lease = r.lease AND t.locked_by = $1 AND t.state = 'in_progress'
            OFFSET 0
        ) hit
))
AND locked_by = $1
