-- Whether the tables are to be vacuumed, by the statistics of the server, without looking at a row; and if so, takes the
-- turn: no other pool vacuums for `$3` microseconds, or while a vacuum of these tables runs, ours or that of the server. A
-- row of `fang_meta` decides, and no advisory lock, since poolers do not keep sessions; and it still counts when the process
-- that vacuumed is gone.
--
-- The table of tasks is due at `$1` dead rows, and the others at `$2`; for large tables at a part of the live rows, because
-- a vacuum reads whole indexes. `$4` are the names of the tables, that of the tasks first. An instant over an hour ahead was written while the clock of the server was ahead.
WITH tables AS MATERIALIZED (
    SELECT c.oid, c.relowner, c.oid = to_regclass(($4::text[])[1]) AS is_of_tasks, pg_stat_get_dead_tuples(c.oid) AS dead,
        pg_stat_get_live_tuples(c.oid) AS live,
        pg_has_role(c.relowner, 'USAGE')
            OR (SELECT pg_has_role(d.datdba, 'USAGE') FROM pg_database d WHERE d.datname = current_database())
            OR CASE
                WHEN current_setting('server_version_num')::integer >= 170000 THEN has_table_privilege(c.oid, 'MAINTAIN')
                ELSE false
            END AS may
    FROM pg_class c
    WHERE c.oid IN (SELECT to_regclass(name) FROM unnest($4::text[]) name)
), due AS MATERIALIZED (
    SELECT coalesce(bool_or(is_of_tasks), false) AS tasks, coalesce(bool_or(NOT is_of_tasks), false) AS others,
        coalesce(bool_and(may), false) AS may
    FROM tables
    WHERE dead >= CASE WHEN is_of_tasks THEN greatest($1::bigint, live / 20) ELSE greatest($2::bigint, live / 5) END
), taken AS (
    UPDATE fang_meta SET vacuum_at = now() + $3::bigint * interval '1 microsecond'
    WHERE CASE
        WHEN NOT (SELECT may FROM due) THEN false
        WHEN vacuum_at > now() AND vacuum_at < now() + interval '1 hour' THEN false
        ELSE NOT EXISTS (
            SELECT FROM pg_locks l
            WHERE l.relation IN (SELECT oid FROM tables)
              AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
              AND l.mode = 'ShareUpdateExclusiveLock'
        )
    END
    RETURNING 1
)
SELECT EXISTS (SELECT FROM taken) AS is_taken,
    tasks,
    others,
    (
        SELECT coalesce(sum(t.dead), 0) FROM tables t WHERE CASE WHEN t.is_of_tasks THEN due.tasks ELSE due.others END
    )::bigint AS dead,
    CASE
        WHEN may OR NOT (tasks OR others) THEN NULL
        WHEN current_setting('server_version_num')::integer >= 170000 THEN (
            SELECT format('GRANT MAINTAIN ON %s TO %I', string_agg(oid::regclass::text, ', ' ORDER BY oid), current_user)
            FROM tables
        )
        ELSE (
            SELECT string_agg(DISTINCT format('GRANT %I TO %I', pg_get_userbyid(relowner), current_user), '; ')
            FROM tables
            WHERE NOT may
        )
    END AS advice
FROM due
