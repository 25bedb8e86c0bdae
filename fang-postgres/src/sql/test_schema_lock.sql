-- Held by the session of a test for as long as the test lives, so that others see whether its schema is left over.
SELECT pg_advisory_lock(hashtextextended('schema of a test ' || $1, 0))
