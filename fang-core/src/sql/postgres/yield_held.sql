-- Claims just made of tasks that another one had listed when it lost its connection: they may still run there, under
-- the very lease that this claim gave them, and so become its claims. Grouped as in `list_held`.
WITH their AS MATERIALIZED (
    SELECT id, lease, max(worker) AS worker
    FROM (
        SELECT own.id, own.lease, true AS is_own, NULL::bigint AS worker
        FROM unnest($2::uuid[], $3::integer[]) AS own (id, lease)
        UNION ALL
        SELECT listed.id, listed.lease, false, h.worker
        FROM fang_holds h, unnest(h.ids, h.leases) AS listed (id, lease)
        WHERE h.worker <> $1
    ) every
    GROUP BY id, lease
    HAVING bool_or(is_own) AND max(worker) IS NOT NULL
)
UPDATE fang_tasks t
SET locked_by = their.worker
FROM their
WHERE t.id = their.id AND t.lease = their.lease AND t.locked_by = $1 AND t.state = 'in_progress'
RETURNING t.id
