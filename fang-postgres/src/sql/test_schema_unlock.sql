SELECT pg_advisory_unlock(hashtextextended('schema of a test ' || $1, 0))
