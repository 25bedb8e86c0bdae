-- The functions `$2` of the schema `$1` that every role may call, although they run with the rights of their owner: a dump
-- without rights was restored. With the REVOKE that ends it.
SELECT p.oid::regprocedure::text AS function, format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', p.oid::regprocedure) AS advice
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = $1::text AND p.proname = ANY ($2::text[]) AND p.prosecdef AND EXISTS (
    SELECT
    FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE'
)
ORDER BY p.proname
