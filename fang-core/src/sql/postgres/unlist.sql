-- What was listed for a connection that holds nothing any more. It does no harm, but whoever claims reads it.
DELETE FROM fang_holds WHERE worker = $1 AND slot = $2
