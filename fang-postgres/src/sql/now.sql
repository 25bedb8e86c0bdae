-- The server's clock, which alone decides what is due.
SELECT now()
