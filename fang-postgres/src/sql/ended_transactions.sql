-- Which of these transactions have ended, and whether they committed. A status that the server no longer knows counts as that:
-- a notification too many costs little.
SELECT id, status IS DISTINCT FROM 'aborted' AS has_committed
FROM (SELECT id, txid_status(id) AS status FROM unnest($1::bigint[]) AS id) known
WHERE status IS DISTINCT FROM 'in progress'
