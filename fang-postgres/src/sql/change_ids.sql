-- The tasks of a change, without those that the server refused to change.
SELECT id FROM unnest($1::uuid[]) AS meant (id) WHERE id <> ALL ($2::uuid[])
