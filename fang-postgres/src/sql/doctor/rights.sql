-- The rights that this role lacks: on the schema `$1`, its tables `$2`, their sequences, and its functions `$3`. With the
-- GRANT that would give them. No statement removes rows of the tables `$4`.
WITH schema AS (
    SELECT oid, quote_ident(nspname) AS name FROM pg_namespace WHERE nspname = $1::text
), tables AS (
    SELECT c.oid, c.relname, s.name || '.' || quote_ident(c.relname) AS name
    FROM pg_class c, schema s
    WHERE c.relnamespace = s.oid AND c.relname = ANY ($2::text[])
), wanted (kind, name, wanted, is_missing) AS (
    SELECT 'SCHEMA', s.name, 'USAGE', NOT has_schema_privilege(s.oid, 'USAGE') FROM schema s
    UNION ALL
    SELECT 'TABLE', t.name, w.wanted, NOT has_table_privilege(t.oid, w.wanted)
    FROM tables t, unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS w (wanted)
    WHERE w.wanted <> 'DELETE' OR t.relname <> ALL ($4::text[])
    UNION ALL
    SELECT 'SEQUENCE', s.name || '.' || quote_ident(c.relname), w.wanted, NOT has_sequence_privilege(c.oid, w.wanted)
    FROM tables t
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.deptype IN ('a', 'i')
    JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind = 'S',
        schema s, unnest('{SELECT,USAGE}'::text[]) AS w (wanted)
    UNION ALL
    SELECT 'FUNCTION', p.oid::regprocedure::text, 'EXECUTE', NOT has_function_privilege(p.oid, 'EXECUTE')
    FROM pg_proc p, schema s
    WHERE p.pronamespace = s.oid AND p.proname = ANY ($3::text[])
)
SELECT current_user::text AS role,
    string_agg(wanted, ', ') || ' on ' || name AS lacks,
    format('GRANT %s ON %s %s TO %I', string_agg(wanted, ', '), kind, name, current_user) AS advice
FROM wanted
WHERE is_missing
GROUP BY kind, name
ORDER BY kind DESC, name
