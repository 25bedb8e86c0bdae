-- Whether the server takes no changes: it is a standby, or transactions are read-only by default.
SELECT pg_is_in_recovery() AS is_standby, current_setting('transaction_read_only')::boolean AS is_read_only
