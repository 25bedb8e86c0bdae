-- What was listed for a connection that holds nothing any more. It does no harm, but whoever claims reads it.
DELETE FROM fang_holds
WHERE holder = ANY (ARRAY (SELECT listed::text::xid8 FROM unnest($3::bigint[]) listed)) AND worker = $1 AND slot = $2
