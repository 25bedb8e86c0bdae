-- The session of the caller: its process, its age, and whether it still has the settings with which the library opened it.
SELECT pg_backend_pid() AS pid,
    extract(epoch FROM clock_timestamp() - (SELECT backend_start FROM pg_stat_get_activity(pg_backend_pid())))::float8 AS age,
    current_setting('statement_timeout') = '30s' AS is_set_up
