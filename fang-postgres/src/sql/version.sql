-- Which schema this is. A missing table is the caller's sign that there is none.
SELECT version FROM fang_meta
