-- Results whose rows all go: the common case of `finish`, and a third of its cost. The fence: whoever
-- lost the claim removes nothing.
DELETE FROM fang_tasks t
USING unnest($2::uuid[], $3::integer[]) AS r (id, lease)
WHERE t.id = r.id AND t.lease = r.lease AND t.locked_by = $1 AND t.state = 'in_progress'
