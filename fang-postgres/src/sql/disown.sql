-- Gives back, uncharged, the tasks that a worker has claimed and does not know of. A claim whose answer was lost may
-- have been made all the same, and its tasks would wait as long as the worker lives. Leases are compared too: the
-- worker may know a task from an earlier claim that others took over. A task that was given back counts as begun and no
-- longer expires: a pool that stops may not have saved that it ran. The rows of $4 are left out: the server refused to
-- change them.
UPDATE fang_tasks
SET state = CASE WHEN retries > 0 THEN 'retried' ELSE 'new' END::fang_task_state,
    crashes = abs(greatest(crashes, (-32767)::smallint)), locked_by = NULL, expires_at = NULL,
    updated_at = now()
WHERE state = 'in_progress' AND locked_by = $1 AND id <> ALL ($4::uuid[])
  AND NOT EXISTS (
    SELECT FROM unnest($2::uuid[], $3::integer[]) AS known (id, lease)
    WHERE known.id = fang_tasks.id AND known.lease = fang_tasks.lease
  )
