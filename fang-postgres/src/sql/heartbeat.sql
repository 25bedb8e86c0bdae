-- Records that a worker lives. Returns in the same round trip whether it was declared dead, how long it had been
-- silent, whether another worker has been silent for too long, for how long beats of any worker have come without a
-- gap, whether tasks are to be cancelled (`cancellations` then tells which), and whether the row of `fang_meta` is
-- missing (`restore_meta` then puts it back). For the beats of any worker a single row is updated, and at most once in
-- a thirtieth of a lease, so that beats do not queue for it.
--
-- Instants more than half a lease in the future were written while the clock of the server was ahead. They are set to
-- now, else nobody would be declared dead until then. `was_ahead` tells of them, from then on until a prune has brought
-- back all tasks (`bring_back`).
--
-- If sessions stay with their workers, a new session takes the advisory lock of the worker with its first beat. The
-- lock of an earlier session whose end the server has not noticed keeps it out; the worker then counts as one without
-- a lock. `suspect_after` is the time until a worker with a lock will have been silent for a third of a lease. Its
-- lock may be free then, and it is dead, unless this session is too young to tell (see `bury`). One that has been silent for
-- longer, such as a paused process, waits for that look or for the next beat.
--
-- What the worker tells is in $4 to $8: its workers, how many are busy, whether it is quiet, its counts or null if they
-- have not changed, and what it was asked and now does, or null. A worker that was declared dead still tells its
-- counts, else what it did since its last beat would be lost. `minute_is_due` tells that what workers told
-- has to be gathered (`gather`). The minutes are compared for equality, so that a clock that went back stops nothing.
--
-- `slots`, `open` and `pools` tell whether pools use up the connections of the server, or those that the database or the
-- role may have. Open ones are counted only if there are so many pools that they may: `open` is what the tightest limit leaves free,
-- taken from `slots`. $9 tells whether the worker wants to know.
WITH here AS MATERIALIZED (
    SELECT fang_session() AS session WHERE $3::boolean
), before AS (
    SELECT beat_at, session, tableoid FROM fang_workers WHERE id = $1
), locked AS MATERIALIZED (
    SELECT here.session
    FROM here, before
    WHERE here.session IS NOT DISTINCT FROM before.session
       OR pg_try_advisory_lock(fang_worker_lock(before.tableoid, $1))
), beat AS (
    UPDATE fang_workers
    SET beat_at = CASE WHEN dead_at IS NULL THEN now() ELSE beat_at END,
        session = CASE WHEN dead_at IS NULL THEN (SELECT session FROM locked) ELSE session END,
        workers = $4::integer,
        busy = $5::integer,
        is_quiet = $6::boolean,
        told = coalesce($7::text::jsonb, told),
        asked = nullif(asked, $8::text)
    WHERE id = $1 AND (dead_at IS NULL OR $7::text IS NOT NULL)
    RETURNING dead_at IS NULL AS is_alive, asked
), chain AS (
    UPDATE fang_meta
    SET well_since = CASE
            WHEN beat_at < now() - $2::bigint / 2 * interval '1 microsecond' THEN now()
            WHEN greatest(beat_at, well_since) > now() + $2::bigint / 2 * interval '1 microsecond' THEN now()
            ELSE well_since
        END,
        was_ahead = was_ahead OR greatest(beat_at, well_since) > now() + $2::bigint / 2 * interval '1 microsecond',
        beat_at = now()
    WHERE beat_at < now() - $2::bigint / 30 * interval '1 microsecond'
        OR greatest(beat_at, well_since) > now() + $2::bigint / 2 * interval '1 microsecond'
    RETURNING well_since
), back AS (
    UPDATE fang_workers SET beat_at = now()
    WHERE id IN (
        SELECT id FROM fang_workers
        WHERE id <> $1 AND dead_at IS NULL AND beat_at > now() + $2::bigint / 2 * interval '1 microsecond'
        FOR UPDATE SKIP LOCKED
    )
    RETURNING 1
), limits AS MATERIALIZED (
    SELECT d.oid AS database,
        current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint
            - coalesce(nullif(current_setting('reserved_connections', true), '')::bigint, 0) AS of_server,
        CASE WHEN d.datconnlimit > 0 AND NOT r.rolsuper THEN d.datconnlimit END AS of_database,
        CASE WHEN r.rolconnlimit > 0 AND NOT r.rolsuper THEN r.rolconnlimit END AS of_role
    FROM pg_database d, pg_roles r
    WHERE d.datname = current_database() AND r.rolname = session_user AND $9::boolean
), crowd AS MATERIALIZED (
    SELECT count(*) AS pools, (SELECT least(of_server, of_database, of_role) FROM limits) AS slots
    FROM fang_workers
    WHERE dead_at IS NULL AND $9::boolean
)
SELECT coalesce((SELECT is_alive FROM beat), false) AS is_alive,
    EXISTS (
        SELECT FROM fang_workers
        WHERE id <> $1 AND dead_at IS NULL AND beat_at < now() - $2::bigint * interval '1 microsecond'
    ) AS has_suspects,
    coalesce((SELECT extract(epoch FROM now() - beat_at) FROM before WHERE isfinite(beat_at)), 0)::float8 AS silent_for,
    coalesce((
        SELECT extract(epoch FROM now() - well_since)
        FROM (SELECT well_since FROM chain UNION ALL SELECT well_since FROM fang_meta LIMIT 1) known
        WHERE isfinite(well_since)
    ), 0)::float8 AS well_for,
    EXISTS (SELECT FROM fang_cancellations) AS has_cancellations,
    (
        SELECT extract(epoch FROM greatest(
            coalesce(
                min(w.beat_at + silence - now()) FILTER (WHERE w.beat_at + silence > now()),
                interval '0'
            ),
            (SELECT backend_start FROM pg_stat_get_activity(pg_backend_pid())) + silence - now(),
            interval '0'
        ))::float8
        FROM fang_workers w, greatest($2::bigint / 3 * interval '1 microsecond', interval '3 s') silence
        WHERE w.id <> $1 AND w.dead_at IS NULL AND w.session IS NOT NULL AND w.beat_at < now() - silence * 0.55
          AND EXISTS (SELECT FROM locked)
        GROUP BY silence
    ) AS suspect_after,
    NOT EXISTS (SELECT FROM fang_meta) AS has_lost_meta,
    (SELECT count(*) FROM back) AS brought_back,
    EXISTS (
        SELECT FROM fang_meta
        WHERE was_ahead OR greatest(beat_at, well_since) > now() + $2::bigint / 2 * interval '1 microsecond'
    ) AS was_ahead,
    EXISTS (SELECT FROM beat) AS is_saved,
    EXISTS (
        SELECT FROM fang_meta WHERE gathered_in IS DISTINCT FROM date_trunc('minute', now(), 'UTC')
    ) AS minute_is_due,
    (SELECT asked FROM beat) AS asked,
    (SELECT slots FROM crowd) AS slots,
    CASE
        WHEN NOT $9::boolean THEN NULL
        WHEN (SELECT pools * 4 <= slots FROM crowd) THEN 0
        ELSE (
            SELECT slots - least(
                of_server - (SELECT sum(pg_stat_get_db_numbackends(d.oid)) FROM pg_database d),
                of_database - pg_stat_get_db_numbackends(database),
                CASE
                    WHEN of_role IS NOT NULL
                    THEN of_role - (SELECT count(*) FROM pg_stat_activity a WHERE a.usename = session_user)
                END
            )
            FROM limits, crowd
        )
    END::bigint AS open,
    (SELECT pools FROM crowd) AS pools
