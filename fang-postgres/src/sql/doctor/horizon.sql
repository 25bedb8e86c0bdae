-- The open transactions of this database, the prepared ones, and the replication slots that keep the server from removing dead
-- rows for over `$1` seconds. A connection of a standby may hold back what queries there need. The server does not tell when
-- these began, nor when a transaction of another role did without the right to see it: a million transactions since then count
-- as long. No text of a query, which may contain a payload.
SELECT CASE a.backend_type WHEN 'walsender' THEN 'standby' ELSE 'transaction' END AS what,
    a.pid::text AS name,
    coalesce(a.usename::text, '?') || ' (application ' || coalesce(nullif(a.application_name, ''), '?') || ', '
        || coalesce(a.state, 'state unknown') || ')' AS who,
    extract(epoch FROM now() - a.xact_start)::float8 AS seconds
FROM pg_stat_activity a
WHERE (a.datname = current_database() OR a.datname IS NULL)
  AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
  AND a.usesysid IS NOT NULL
  AND a.pid <> pg_backend_pid()
  -- The server ignores these, automatic or not.
  AND a.pid NOT IN (SELECT v.pid FROM pg_stat_progress_vacuum v)
  AND CASE
    WHEN a.xact_start IS NULL THEN greatest(age(a.backend_xmin), age(a.backend_xid)) > 1000000
    ELSE a.xact_start < now() - $1::bigint * interval '1 second'
  END
UNION ALL
SELECT 'prepared', p.gid, p.owner::text, extract(epoch FROM now() - p.prepared)::float8
FROM pg_prepared_xacts p
WHERE p.database = current_database() AND p.prepared < now() - $1 * interval '1 second'
UNION ALL
SELECT 'slot', s.slot_name::text, CASE WHEN s.active THEN 'active' ELSE 'not active' END, NULL
FROM pg_replication_slots s
WHERE s.xmin IS NOT NULL AND (NOT s.active OR age(s.xmin) > 1000000)
ORDER BY seconds DESC NULLS LAST
LIMIT 20
