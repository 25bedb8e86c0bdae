-- The small tables, as `vacuum_tasks` does the large one.
VACUUM (TRUNCATE false, INDEX_CLEANUP auto, SKIP_LOCKED, PARALLEL 0)
    fang_workers, fang_lock_claims, fang_meta, fang_minutes, fang_unique, fang_cancellations, fang_crons, fang_queues
