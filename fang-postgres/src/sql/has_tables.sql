-- Whether the tables of the second migration are there: it fails if they are not.
SELECT count(*) FROM (SELECT FROM fang_workers LIMIT 1) row
