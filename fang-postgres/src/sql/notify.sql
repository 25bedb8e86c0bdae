-- Notifies all processes that listen, once the transaction commits.
SELECT pg_notify('fang', $1)
