-- Waits for no lock, and takes none that a claim, an insert or a finish waits for: without TRUNCATE the table does not
-- shrink, which would need one, and its pages are used again. No parallel workers, which would take the processor from the
-- tasks. An index of which few pages have dead rows is left for later.
VACUUM (TRUNCATE false, INDEX_CLEANUP auto, SKIP_LOCKED, PARALLEL 0) fang_tasks
