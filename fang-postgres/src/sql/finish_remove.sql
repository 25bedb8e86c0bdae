-- Saves results whose rows are all removed: the common case of `finish`, and cheaper. The fence keeps a worker that
-- lost its claim from removing the row: `locked_by` is null unless the row is in progress, and the outer condition
-- is checked again if the row has changed meanwhile. OFFSET makes the planner look up each row by its id. Else it
-- might choose an index that was empty when it planned and is not any more.
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
