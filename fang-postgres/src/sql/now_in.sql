-- The clock of a transaction. If a schema is given, unqualified names refer to it for the rest of the transaction.
SELECT now(), set_config('search_path', coalesce($1, current_setting('search_path')), true)
