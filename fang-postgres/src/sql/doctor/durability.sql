-- The settings with which a crash may lose what the server has acknowledged.
SELECT name::text FROM pg_settings
WHERE (name IN ('fsync', 'full_page_writes') AND setting = 'off') OR (name = 'synchronous_commit' AND setting = 'off')
ORDER BY name
