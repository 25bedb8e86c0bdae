-- Adds what workers have told since the last time to the minutes, and to their hours. Pools call it when a beat tells that a minute is over;
-- the first one gathers, and the others find nothing to do and do not wait for it.
--
-- Beats wait for the rows that are locked here, so a call gathers from `$1` workers at most. The minute stays due until a call
-- finds fewer; a worker that tells something new meanwhile may come again.
--
-- A beat may change a row between the snapshot of this statement and its lock. The locked rows have the newest values, and
-- both the differences and `gathered` come from these, so nothing is lost or counted twice. A row that a beat has locked is
-- left for the next minute. Counts go to the minute of the last beat, but never to one that is not over. A difference may
-- be below zero if a worker corrects what it told, also if it leaves out a number that is zero now. Both documents are expanded
-- once, down to the numbers of each task type and each kind: to look each number up in the other one would decompress that each time.
--
-- The numbers are bounded and the types of all values are checked, so that a row of a worker or a minute that a person has changed
-- does not stop all others: what is no number counts as zero.
WITH due AS MATERIALIZED (
    SELECT date_trunc('minute', now(), 'UTC') AS minute
    FROM fang_meta
    WHERE gathered_in IS DISTINCT FROM date_trunc('minute', now(), 'UTC')
    FOR UPDATE SKIP LOCKED
), locked AS MATERIALIZED (
    SELECT w.id, w.told, w.gathered,
        least(date_trunc('minute', w.beat_at, 'UTC'), due.minute - interval '1 minute') AS minute
    FROM fang_workers w, due
    WHERE w.told IS DISTINCT FROM w.gathered
    LIMIT $1::bigint
    FOR UPDATE OF w SKIP LOCKED
), rest AS MATERIALIZED (
    SELECT count(*) >= $1 AS has_more FROM locked
), meta AS (
    UPDATE fang_meta SET gathered_in = (SELECT minute FROM due)
    WHERE EXISTS (SELECT FROM due) AND NOT (SELECT has_more FROM rest)
), workers AS (
    UPDATE fang_workers w SET gathered = l.told FROM locked l WHERE w.id = l.id
), parts AS (
    SELECT minute, 1 AS sign, told AS counts FROM locked
    UNION ALL SELECT minute, -1, gathered FROM locked
), differences AS (
    SELECT p.minute, o.key = 'kinds' AS is_kind, t.name, n.key,
        sum(p.sign * CASE
            WHEN jsonb_typeof(n.number) <> 'number' THEN 0
            WHEN n.number::numeric BETWEEN 0 AND 999999999999999999 THEN n.number::bigint
            ELSE 0
        END) AS difference
    FROM parts p,
        jsonb_each(CASE WHEN jsonb_typeof(p.counts) = 'object' THEN p.counts END) o (key, tallies),
        jsonb_each(CASE WHEN jsonb_typeof(o.tallies) = 'object' THEN o.tallies END) t (name, tally),
        jsonb_each(CASE WHEN jsonb_typeof(t.tally) = 'object' THEN t.tally END) n (key, number)
    WHERE o.key IN ('types', 'kinds')
    GROUP BY p.minute, o.key, t.name, n.key
), minutes AS (
    INSERT INTO fang_minutes AS m (is_hour, minute, is_kind, name, counts)
    SELECT is_hour, minute, is_kind, name, jsonb_object_agg(key, difference)
    FROM (
        SELECT false AS is_hour, * FROM differences
        UNION ALL
        SELECT true, date_trunc('hour', minute, 'UTC'), is_kind, name, key, sum(difference)
        FROM differences
        GROUP BY date_trunc('hour', minute, 'UTC'), is_kind, name, key
    ) both_of_them
    WHERE difference <> 0
    GROUP BY is_hour, minute, is_kind, name
    ON CONFLICT (is_hour, minute, is_kind, name) DO UPDATE
    SET counts = (
        SELECT jsonb_object_agg(key, total)
        FROM (
            SELECT key, sum(number::numeric) AS total
            FROM (
                SELECT * FROM jsonb_each(CASE WHEN jsonb_typeof(m.counts) = 'object' THEN m.counts END)
                UNION ALL SELECT * FROM jsonb_each(excluded.counts)
            ) both_of_them (key, number)
            WHERE jsonb_typeof(number) = 'number'
            GROUP BY key
        ) sums
    )
)
SELECT EXISTS (SELECT FROM due) AS has_gathered, has_more FROM rest
