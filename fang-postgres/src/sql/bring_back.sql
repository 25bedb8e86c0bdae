-- Brings back what was inserted while the clock of the server was ahead, in a bounded batch: it was created in the
-- future. A task that was due at once is due now, and a period of uniqueness ends as long after now as it should have
-- after the insert. A task with a delay stays, because an instant that the program named looks the same.
--
-- No index finds these rows. A beat tells when to look for them.
WITH task AS (
    UPDATE fang_tasks
    SET scheduled_at = now(), created_at = now(), updated_at = least(updated_at, now()),
        expires_at = now() + (expires_at - scheduled_at)
    WHERE ctid = ANY (ARRAY (
        SELECT ctid FROM fang_tasks
        WHERE state IN ('new', 'retried') AND scheduled_at = created_at AND created_at > now() + interval '10 s'
        LIMIT $1
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING 1
), period AS (
    UPDATE fang_unique
    SET until = until - (created_at - now()), created_at = now(),
        scheduled_at = CASE WHEN scheduled_at = created_at THEN now() ELSE scheduled_at END
    WHERE ctid = ANY (ARRAY (
        SELECT ctid FROM fang_unique WHERE created_at > now() + interval '10 s' LIMIT $1 FOR UPDATE SKIP LOCKED
    ))
    RETURNING 1
)
SELECT (SELECT count(*) FROM task) AS tasks, (SELECT count(*) FROM period) AS periods
