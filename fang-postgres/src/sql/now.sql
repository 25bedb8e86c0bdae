-- Only this clock decides what is due.
SELECT now()
