-- The number of the transaction, also within a savepoint.
SELECT txid_current()
