-- Ends the search for what was inserted while the clock of the server was ahead, unless some tasks are still to be brought
-- back. An earlier statement may have skipped rows that another one was just about to unlock. The rows of $1 are left
-- out: the server refused to change them.
WITH all_back AS MATERIALIZED (
    SELECT NOT EXISTS (
        SELECT FROM fang_tasks
        WHERE state IN ('new', 'retried') AND scheduled_at = created_at AND created_at > now() + interval '10 s'
          AND id <> ALL ($1::uuid[])
    ) AND NOT EXISTS (
        SELECT FROM fang_unique WHERE created_at > now() + interval '10 s'
    ) AS is_so
), ended AS (
    UPDATE fang_meta SET was_ahead = false WHERE was_ahead AND (SELECT is_so FROM all_back)
)
SELECT is_so FROM all_back
