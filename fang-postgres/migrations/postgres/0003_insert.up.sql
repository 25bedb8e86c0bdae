-- Inserts from SQL, for programs in other languages: `fang_insert` and `fang_insert_unique`. They check what an insert
-- from Rust checks, and save and notify what it saves and notifies.

-- The id of a task, as the library makes it: UUID version 7 (RFC 9562), so that ids grow with time.
CREATE OR REPLACE FUNCTION fang_new_id() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN (
    SELECT encode(
        -- Milliseconds, then the version 7 with the microseconds in 12 bits; the rest stays random.
        overlay(overlay(
            uuid_send(gen_random_uuid())
            PLACING substring(int8send(clock.micros / 1000) FROM 3) FROM 1 FOR 6)
            PLACING substring(int4send((28672 + clock.micros % 1000 * 4096 / 1000)::integer) FROM 3) FROM 7 FOR 2),
        'hex'
    )::uuid
    FROM (SELECT trunc(extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros) AS clock
);

-- The hash of `Unique::key` in Rust. Its first digit is a mark: `k` while a duplicate is alive, `s` until it is
-- started, `p` within a period.
CREATE OR REPLACE FUNCTION fang_key_hash(kind text, unique_key text, mark text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN mark || substr(encode(
    sha256(convert_to('key[' || to_json(kind)::text || ',' || to_json(unique_key)::text || ']', 'UTF8')),
    'hex'
), 2);

-- Refuses what an insert from Rust refuses. What is null and optional is not set, and never wrong. A NUL character
-- cannot get here: neither `text` nor `jsonb` has it.
CREATE OR REPLACE FUNCTION fang_check_insert(
    kind text, payload jsonb, task_type text, mode text, priority text, delay interval, due_at timestamptz,
    expires interval, keep interval, max_retries integer, tags text[], headers jsonb, unique_key text,
    unique_until_started boolean, unique_within interval
) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    wrong record;
BEGIN
    SELECT c.reason, c.hint INTO wrong
    FROM (VALUES
        (kind IS NULL OR kind = '', 'the kind is missing', 'Give the name of the function or struct that runs the task.'),
        (octet_length(kind) > 255, format('the kind has %s bytes', octet_length(kind)), '1 to 255 bytes are allowed.'),
        (jsonb_typeof(payload) IS DISTINCT FROM 'object', 'the payload is not a JSON object',
            'Give the fields of the task by name, or {} if it has none.'),
        (jsonb_typeof(payload) = 'object' AND payload ? 'type', 'the payload has a field "type", which names the kind',
            'Rename the field, or give the kind as the first argument only.'),
        (octet_length(payload::text) + octet_length(kind) > 1048576,
            format('the payload has %s bytes, 1048576 are allowed', octet_length(payload::text) + octet_length(kind)),
            'Keep large data elsewhere, and put a reference to it into the task.'),
        -- Programs in Rust cannot decode it then.
        (jsonb_path_exists(payload, 'strict $.**{127 to last} ? (@.type() == "object" || @.type() == "array")'),
            'lists and objects of the payload are nested too deeply', 'Nest them at most 127 levels deep.'),
        -- Neither can they read such a number. The limit is the largest one of 64 bits.
        (jsonb_path_exists(payload, 'strict $.** ? (@ > 1.79769313486231571e308 || @ < -1.79769313486231571e308)'),
            'the payload has a number that is too large', 'Give a number of that size as a text.'),
        (coalesce(octet_length(task_type), 0) NOT BETWEEN 1 AND 255,
            format('the task type has %s bytes', coalesce(octet_length(task_type), 0)), '1 to 255 bytes are allowed.'),
        (mode IS NULL OR mode NOT IN ('async', 'blocking'), 'there is no such mode', 'Use ''async'' or ''blocking''.'),
        (priority IS NULL OR priority NOT IN ('urgent', 'high', 'normal', 'low'), 'there is no such priority',
            'Use ''urgent'', ''high'', ''normal'' or ''low''.'),
        (delay < interval '0', 'the delay is negative', 'Leave it out, and the task is due at once.'),
        (due_at IS NOT NULL AND delay <> interval '0', 'the task has both a delay and an instant at which it is due',
            'Give delay or due_at.'),
        (NOT isfinite(due_at), 'the instant at which the task is due is infinite', 'Give a finite one.'),
        -- Programs in Rust cannot read a later one, and it leaves room for expires.
        (due_at >= timestamptz '262000-01-01 00:00:00+00', 'the instant at which the task is due is too late',
            'Give one before the year 262000.'),
        (expires < interval '0', 'the task would expire before it is due', 'Give a time that is not negative.'),
        (keep < interval '0', 'keep is negative', 'Give a time that is not negative.'),
        (max_retries < 0, 'the number of retries is negative', 'Use 0 for a task that never runs again.'),
        (array_ndims(tags) > 1 OR EXISTS (
            SELECT FROM unnest(tags) tag WHERE coalesce(octet_length(tag), 0) NOT BETWEEN 1 AND 255
        ), 'a tag does not have 1 to 255 bytes', 'Give a list of shorter texts, none of them null or empty.'),
        (CASE jsonb_typeof(headers)
            WHEN 'object' THEN EXISTS (SELECT FROM jsonb_each(headers) header WHERE jsonb_typeof(header.value) <> 'string')
            ELSE headers IS NOT NULL
        END, 'the headers are not texts by name', 'Give an object whose values are strings.'),
        (CASE jsonb_typeof(headers) WHEN 'object' THEN (
            SELECT sum(octet_length(header.key) + octet_length(header.value)) FROM jsonb_each_text(headers) header
        ) END > 8192, 'the headers have more than 8192 bytes', 'Keep large data elsewhere.'),
        (octet_length(unique_key) NOT BETWEEN 1 AND 1024, format('the unique key has %s bytes', octet_length(unique_key)),
            '1 to 1024 bytes are allowed; use null for a task that is not unique.'),
        (unique_key IS NULL AND (unique_until_started OR unique_within IS NOT NULL), 'there is no unique key',
            'Give unique_key: from SQL, tasks are unique by a key only.'),
        (unique_until_started AND unique_within IS NOT NULL,
            'the task is unique both until it is started and within a period',
            'Give unique_until_started or unique_within.'),
        (unique_within < interval '0', 'the period within which the task is unique is negative', 'Leave it out.')
    ) AS c (is_wrong, reason, hint)
    WHERE c.is_wrong
    LIMIT 1;
    IF FOUND THEN
        RAISE invalid_parameter_value USING MESSAGE = wrong.reason, HINT = wrong.hint;
    END IF;
END
$$;

-- Inserts a task and tells whether it is new. If it has a duplicate, nothing is inserted, and the id is that of the
-- duplicate.
CREATE OR REPLACE FUNCTION fang_insert_unique(
    kind text,
    payload jsonb,
    unique_key text,
    task_type text DEFAULT 'common',
    mode text DEFAULT 'async',
    delay interval DEFAULT '0',
    priority text DEFAULT 'normal',
    tags text[] DEFAULT NULL,
    expires interval DEFAULT NULL,
    keep interval DEFAULT NULL,
    max_retries integer DEFAULT NULL,
    headers jsonb DEFAULT NULL,
    due_at timestamptz DEFAULT NULL,
    unique_until_started boolean DEFAULT false,
    unique_within interval DEFAULT NULL,
    notify boolean DEFAULT true,
    OUT id uuid,
    OUT inserted boolean
)
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    -- A longer time counts as this, so that no calendar overflows. In hours, which no time zone changes.
    longest CONSTANT interval := interval '876000 hours';
    period interval;
    due timestamptz;
    -- The type of the column, which is another one in tables of old versions: an index serves only its own.
    hash fang_tasks.uniq_hash%TYPE;
BEGIN
    PERFORM fang_check_insert(
        kind, payload, task_type, mode, priority, delay, due_at, expires, keep, max_retries, tags, headers, unique_key,
        unique_until_started, unique_within
    );
    period := CASE WHEN unique_within > interval '0' THEN least(unique_within, longest) END;
    due := coalesce(due_at, now() + least(coalesce(delay, interval '0'), longest));
    -- As in Rust, a period of zero is no uniqueness.
    IF unique_within IS NULL OR period IS NOT NULL THEN
        hash := fang_key_hash(
            kind, unique_key, CASE WHEN period IS NOT NULL THEN 'p' WHEN unique_until_started THEN 's' ELSE 'k' END
        );
    END IF;
    -- A duplicate may end between two statements; then the task is inserted after all.
    FOR attempt IN 1..10 LOOP
        id := fang_new_id();
        inserted := true;
        IF period IS NOT NULL THEN
            INSERT INTO fang_unique AS u (key, task_id, created_at, scheduled_at, until)
            VALUES (hash, fang_insert_unique.id, now(), due, now() + period)
            ON CONFLICT (key) DO UPDATE
            SET task_id = excluded.task_id, created_at = excluded.created_at, scheduled_at = excluded.scheduled_at,
                until = excluded.until
            WHERE u.until <= now();
            inserted := FOUND;
        END IF;
        IF inserted THEN
            INSERT INTO fang_tasks AS t (
                id, metadata, task_type, mode, priority, uniq_hash, scheduled_at, options, expires_at
            )
            VALUES (
                fang_insert_unique.id,
                jsonb_build_object('type', kind) || payload,
                fang_insert_unique.task_type,
                CASE fang_insert_unique.mode WHEN 'async' THEN 1 ELSE 2 END,
                array_position(ARRAY['urgent', 'high', 'normal', 'low'], fang_insert_unique.priority) - 1,
                CASE WHEN period IS NULL THEN hash END,
                due,
                nullif(jsonb_strip_nulls(jsonb_build_object(
                    'max_retries', max_retries,
                    'tags', to_jsonb(nullif(tags, '{}')),
                    'headers', nullif(headers, '{}'),
                    'keep_micros', CASE WHEN keep IS NOT NULL THEN
                        least(extract(epoch FROM keep), extract(epoch FROM longest)) * 1000000
                    END::bigint
                )), '{}'),
                CASE WHEN expires IS NOT NULL THEN due + least(expires, longest) END
            )
            ON CONFLICT DO NOTHING;
            inserted := FOUND;
        END IF;
        EXIT WHEN inserted;
        IF period IS NULL THEN
            SELECT t.id INTO fang_insert_unique.id FROM fang_tasks t
            WHERE t.uniq_hash = hash AND t.uniq_hash IS NOT NULL AND t.state IN ('new', 'retried', 'in_progress');
        ELSE
            SELECT u.task_id INTO fang_insert_unique.id FROM fang_unique u WHERE u.key = hash AND u.until > now();
        END IF;
        EXIT WHEN FOUND;
        IF attempt = 10 THEN
            RAISE serialization_failure USING
                MESSAGE = 'the duplicates of the task ended while it was inserted', HINT = 'Repeat the transaction.';
        END IF;
    END LOOP;
    -- As `Topic::payload` in Rust. The time of the commit is not known, so pools look at once, and their claim tells them
    -- when the task becomes due. A poll of every pool tells of a task that becomes due later than the longest of them.
    IF inserted AND notify IS NOT FALSE AND (due <= now() OR due <= clock_timestamp() + (
        SELECT coalesce(max(
            CASE WHEN jsonb_typeof(w.info->'longest_poll_ms') = 'number' THEN (w.info->>'longest_poll_ms')::float8 END
        ), 1500) * interval '1 ms'
        FROM fang_workers w
        WHERE w.dead_at IS NULL
    )) THEN
        PERFORM pg_notify('fang', E'\x01' || task_type);
    END IF;
END
$$;

-- Inserts a task and returns its id, or that of its duplicate.
CREATE OR REPLACE FUNCTION fang_insert(
    kind text,
    payload jsonb DEFAULT '{}',
    task_type text DEFAULT 'common',
    mode text DEFAULT 'async',
    delay interval DEFAULT '0',
    priority text DEFAULT 'normal',
    unique_key text DEFAULT NULL,
    tags text[] DEFAULT NULL,
    expires interval DEFAULT NULL,
    keep interval DEFAULT NULL,
    max_retries integer DEFAULT NULL,
    headers jsonb DEFAULT NULL,
    due_at timestamptz DEFAULT NULL,
    unique_until_started boolean DEFAULT false,
    unique_within interval DEFAULT NULL,
    notify boolean DEFAULT true
) RETURNS uuid
LANGUAGE sql VOLATILE
RETURN (
    SELECT i.id
    FROM fang_insert_unique(
        kind, payload, unique_key, task_type, mode, delay, priority, tags, expires, keep, max_retries, headers, due_at,
        unique_until_started, unique_within, notify
    ) i
);

-- A role needs no more than the right to call them, and only the roles that are granted it may. They run with the
-- rights of their owner and find the tables whatever the search path of the caller is: nothing that the caller could
-- put into it comes first.
REVOKE ALL ON FUNCTION fang_insert FROM PUBLIC;
REVOKE ALL ON FUNCTION fang_insert_unique FROM PUBLIC;
DO $$
DECLARE
    -- Default privileges of the owner may have granted the right to other roles as well.
    granted record;
    path CONSTANT text := (
        SELECT string_agg(DISTINCT quote_ident(nspname), ', ')
        FROM pg_namespace
        WHERE oid IN (
            SELECT relnamespace FROM pg_class WHERE oid IN ('fang_tasks'::regclass, 'fang_unique'::regclass)
            UNION ALL
            SELECT pronamespace FROM pg_proc WHERE oid = 'fang_insert_unique'::regproc
        )
    );
BEGIN
    FOR granted IN
        SELECT DISTINCT p.oid::regprocedure AS function, a.grantee::regrole AS role
        FROM pg_proc p, aclexplode(p.proacl) a
        WHERE p.oid IN ('fang_insert'::regproc, 'fang_insert_unique'::regproc) AND a.grantee NOT IN (0, p.proowner)
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %s', granted.function, granted.role);
    END LOOP;
    EXECUTE format('ALTER FUNCTION fang_insert_unique SECURITY DEFINER SET search_path = %s, pg_temp', path);
    EXECUTE format('ALTER FUNCTION fang_insert SECURITY DEFINER SET search_path = %s, pg_temp', path);
END
$$;

UPDATE fang_meta SET version = 3;
-- The default outlasts the row, which a dump without data lacks.
ALTER TABLE fang_meta ALTER COLUMN version SET DEFAULT 3;
