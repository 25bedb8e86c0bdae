//! A database whose defaults are as unsuitable as they can be.

/// Sets unsuitable defaults for new sessions of the current database: limits of 150 ms, and other forms of texts, numbers
/// and instants. A library that takes any of them over fails, or reads something else than it wrote.
pub const ODD_SETTINGS: &str = r"DO $odd$
DECLARE
    odd text;
BEGIN
    FOREACH odd IN ARRAY ARRAY[
        $$default_transaction_isolation = 'serializable'$$,
        $$default_transaction_deferrable = on$$,
        $$statement_timeout = '150ms'$$,
        $$lock_timeout = '150ms'$$,
        $$idle_session_timeout = '150ms'$$,
        $$idle_in_transaction_session_timeout = '150ms'$$,
        $$transaction_timeout = '150ms'$$,
        $$deadlock_timeout = '1ms'$$,
        $$client_connection_check_interval = '10ms'$$,
        $$tcp_keepalives_idle = '1s'$$,
        $$tcp_keepalives_interval = '1s'$$,
        $$wal_sender_timeout = '150ms'$$,
        $$vacuum_cost_delay = '10ms'$$,
        $$log_min_duration_statement = '150ms'$$,
        $$log_min_duration_sample = '150ms'$$,
        $$DateStyle = 'SQL, DMY'$$,
        $$IntervalStyle = 'sql_standard'$$,
        $$TimeZone = 'Pacific/Apia'$$,
        $$bytea_output = 'escape'$$,
        $$extra_float_digits = '-15'$$,
        $$standard_conforming_strings = off$$,
        $$transform_null_equals = on$$,
        $$array_nulls = off$$,
        $$quote_all_identifiers = on$$,
        $$row_security = off$$,
        $$check_function_bodies = on$$,
        $$plan_cache_mode = 'force_custom_plan'$$,
        $$enable_indexscan = off$$,
        $$enable_nestloop = off$$,
        $$join_collapse_limit = 1$$,
        $$from_collapse_limit = 1$$,
        $$work_mem = '64kB'$$,
        $$synchronous_commit = off$$
    ] LOOP
        -- Older servers lack some of them.
        IF current_setting(split_part(odd, ' ', 1), true) IS NOT NULL THEN
            EXECUTE format('ALTER DATABASE %I SET %s', current_database(), odd);
        END IF;
    END LOOP;
END $odd$";
