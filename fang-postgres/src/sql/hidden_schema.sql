-- A schema of the search path that this role may not use: the server leaves it out without a word, so that its tables seem to be
-- missing. One that has the table `$1`; or, if `$2`, one that would be migrated, since no schema is left. With the GRANT.
SELECT quote_ident(s.name) AS schema,
    format('GRANT %s ON SCHEMA %I TO %I', CASE WHEN s.has_tables THEN 'USAGE' ELSE 'USAGE, CREATE' END, s.name, current_user) AS advice
FROM (
    SELECT n.nspname AS name, p.place, EXISTS (
            SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = $1::text
        ) AS has_tables
    FROM regexp_matches(current_setting('search_path'), '"(?:[^"]|"")*"|[^",[:space:]]+', 'g') WITH ORDINALITY AS p (part, place)
    JOIN pg_namespace n ON n.nspname::text = CASE
            WHEN p.part[1] IN ('"$user"', '$user') THEN current_user::text
            WHEN p.part[1] LIKE '"%' THEN replace(substr(p.part[1], 2, length(p.part[1]) - 2), '""', '"')
            ELSE lower(p.part[1])
        END
    WHERE NOT has_schema_privilege(n.oid, 'USAGE')
) s
WHERE s.has_tables OR ($2::boolean AND current_schema() IS NULL)
ORDER BY s.has_tables DESC, s.place
LIMIT 1
