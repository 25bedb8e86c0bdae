-- Returns the schema version. If the table is missing, the caller knows that there is no schema.
SELECT version FROM fang_meta
