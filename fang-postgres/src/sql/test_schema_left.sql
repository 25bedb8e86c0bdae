-- The schemas of tests whose sessions have ended, with their locks taken, and without that of this session ($2), which would
-- get its own lock again. The comment $4 tells them from schemas of the application. The names are found first: a lock
-- that is tried is also taken.
WITH tests AS MATERIALIZED (
    SELECT nspname::text AS name
    FROM pg_namespace
    WHERE starts_with(nspname::text, $1::text) AND nspname::text <> $2::text
      AND obj_description(oid, 'pg_namespace') = $4::text
)
SELECT name FROM tests WHERE pg_try_advisory_lock(hashtextextended('schema of a test ' || name, 0)) LIMIT $3::integer
