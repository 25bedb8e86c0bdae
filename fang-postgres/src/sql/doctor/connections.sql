-- The limits on connections that ordinary roles meet, and how many are open: of the server, of this database, and of the role
-- of this session. By statistics that any role may read.
SELECT 'server' AS what, current_setting('max_connections')::bigint
        - current_setting('superuser_reserved_connections')::bigint
        - coalesce(current_setting('reserved_connections', true)::bigint, 0) AS most,
    (SELECT sum(numbackends) FROM pg_stat_database)::bigint AS open
UNION ALL
SELECT 'database', d.datconnlimit::bigint, (SELECT count(*) FROM pg_stat_activity a WHERE a.datid = d.oid)
FROM pg_database d
WHERE d.datname = current_database() AND d.datconnlimit >= 0
UNION ALL
SELECT 'role ' || quote_ident(r.rolname), r.rolconnlimit::bigint,
    (SELECT count(*) FROM pg_stat_activity a WHERE a.usesysid = r.oid)
FROM pg_roles r
WHERE r.rolname = session_user AND r.rolconnlimit >= 0 AND NOT r.rolsuper
