-- Makes the server give up the rest of the transaction within a second after the client is gone, even while it waits
-- for a lock. A program may be told to end while a pool starts. Other servers than those on Linux may refuse the
-- setting.
SELECT set_config('client_connection_check_interval', '1s', true) WHERE version() LIKE '%linux%'
