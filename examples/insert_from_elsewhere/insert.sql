-- Inserts tasks from psql:
--   psql "$DATABASE_URL" -v count=3 -f insert.sql

-- A task for each user, in one statement. Within a transaction the notifications of a task type are one.
SELECT count(fang_insert('welcome', jsonb_build_object('user', n, 'from', 'psql')))
FROM generate_series(1, :count) n;

-- Tasks for OS threads. They start after the more urgent ones of their type.
SELECT count(fang_insert('resize', jsonb_build_object('picture', n, 'from', 'psql'), mode => 'blocking', priority => 'low'))
FROM generate_series(1, :count) n;

-- One report a day, from all programs together.
SELECT id, inserted
FROM fang_insert_unique('report', '{}', 'daily', unique_within => '1 day', delay => '1 hour');
