-- The tasks that `bring_back` changes.
SELECT id FROM fang_tasks
WHERE state IN ('new', 'retried') AND scheduled_at = created_at AND created_at > now() + interval '10 s'
  AND id <> ALL ($2::uuid[])
LIMIT $1
