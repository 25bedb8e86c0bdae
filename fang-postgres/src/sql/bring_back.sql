-- Brings back what was inserted while the clock of the server was ahead, in a bounded batch: it was created in the
-- future. A task that was due at once is due now. A task with a delay stays, because an instant that the program named
-- looks the same. The rows of $2 are left out: the server refused to change them.
--
-- No index finds these rows. A beat tells when to look for them.
UPDATE fang_tasks
SET scheduled_at = now(), created_at = now(), updated_at = least(updated_at, now()),
    expires_at = now() + (expires_at - scheduled_at)
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM fang_tasks
    WHERE state IN ('new', 'retried') AND scheduled_at = created_at AND created_at > now() + interval '10 s'
      AND id <> ALL ($2::uuid[])
    LIMIT $1
    FOR UPDATE SKIP LOCKED
))
