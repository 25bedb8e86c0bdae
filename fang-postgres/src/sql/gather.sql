-- Adds what workers have told since the last time to the minutes. Pools call it when a beat tells that a minute is over;
-- the first one gathers, and the others find nothing to do and do not wait for it.
--
-- Beats wait for the rows that are locked here, so a call gathers from `$1` workers at most. The minute stays due until a call
-- finds fewer; a worker that tells something new meanwhile may come again.
--
-- A beat may change a row between the snapshot of this statement and its lock. The locked rows have the newest values, and
-- both the differences and `gathered` come from these, so nothing is lost or counted twice. A row that a beat has locked is
-- left for the next minute. Counts go to the minute of the last beat, but never to one that is not over. A difference may
-- be below zero if a worker corrects what it told, also if it leaves out a number that is zero now. Both documents are expanded
-- once: to look each number up in the other one would decompress that each time.
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
    SELECT p.minute, t.task_type, n.name,
        sum(p.sign * CASE
            WHEN jsonb_typeof(n.number) <> 'number' THEN 0
            WHEN n.number::numeric BETWEEN 0 AND 999999999999999999 THEN n.number::bigint
            ELSE 0
        END) AS difference
    FROM parts p,
        jsonb_each(CASE WHEN jsonb_typeof(p.counts) = 'object' THEN p.counts END) t (task_type, tally),
        jsonb_each(CASE WHEN jsonb_typeof(t.tally) = 'object' THEN t.tally END) n (name, number)
    GROUP BY p.minute, t.task_type, n.name
), minutes AS (
    INSERT INTO fang_minutes AS m (minute, task_type, counts)
    SELECT minute, task_type, jsonb_object_agg(name, difference)
    FROM differences
    WHERE difference <> 0
    GROUP BY minute, task_type
    ON CONFLICT (minute, task_type) DO UPDATE
    SET counts = (
        SELECT jsonb_object_agg(name, total)
        FROM (
            SELECT name, sum(number::numeric) AS total
            FROM (
                SELECT * FROM jsonb_each(CASE WHEN jsonb_typeof(m.counts) = 'object' THEN m.counts END)
                UNION ALL SELECT * FROM jsonb_each(excluded.counts)
            ) both_of_them (name, number)
            WHERE jsonb_typeof(number) = 'number'
            GROUP BY name
        ) sums
    )
)
SELECT EXISTS (SELECT FROM due) AS has_gathered, has_more FROM rest
