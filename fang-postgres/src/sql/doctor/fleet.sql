-- Each limit on connections, and how many running pools have connections that count towards it. Those of all pools count
-- towards the limit of the server, and those of ordinary roles also towards that of the database and that of their role. A pool
-- behind a pooler has no session of its own.
WITH hearts AS MATERIALIZED (
    SELECT CASE WHEN session ~ '^[0-9]{1,9} ' THEN split_part(session, ' ', 1)::integer END AS pid
    FROM fang_workers
    WHERE dead_at IS NULL AND session IS NOT NULL
), roles AS (
    SELECT r.rolname, r.rolconnlimit, count(*) AS pools
    FROM hearts h
    JOIN pg_stat_activity a ON a.pid = h.pid
    JOIN pg_roles r ON r.oid = a.usesysid
    WHERE a.datname = current_database() AND NOT r.rolsuper
    GROUP BY r.rolname, r.rolconnlimit
)
SELECT 'server' AS what, current_setting('max_connections')::bigint
        - current_setting('superuser_reserved_connections')::bigint
        - coalesce(current_setting('reserved_connections', true)::bigint, 0) AS most,
    (SELECT count(*) FROM hearts) AS pools
UNION ALL
SELECT 'database', d.datconnlimit::bigint, (SELECT coalesce(sum(pools), 0)::bigint FROM roles)
FROM pg_database d
WHERE d.datname = current_database() AND d.datconnlimit >= 0
UNION ALL
SELECT 'role ' || quote_ident(rolname), rolconnlimit::bigint, pools FROM roles WHERE rolconnlimit >= 0
