-- Removes the lists of a connection without lock-claims. They do no harm, but every claim has to read them.
DELETE FROM fang_lock_claims
WHERE transaction = ANY (ARRAY (SELECT listed::text::xid8 FROM unnest($3::bigint[]) listed)) AND worker = $1 AND slot = $2
