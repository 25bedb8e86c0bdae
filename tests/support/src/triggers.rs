//! SQL that makes a database fail in certain ways.

/// Makes the first transaction that writes to the tables of tasks or crons fail with a deadlock. Restart the
/// sequence `tries` to make the next one fail. A sequence counts on even if the transaction is rolled back.
pub const THE_FIRST_LOSES: &str = "
    CREATE SEQUENCE tries;
    CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('tries') = 1 THEN
            RAISE EXCEPTION 'deadlock detected' USING ERRCODE = 'deadlock_detected';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER lose AFTER INSERT OR UPDATE ON fang_tasks FOR EACH STATEMENT EXECUTE FUNCTION lose();
    CREATE TRIGGER lose AFTER INSERT OR UPDATE ON fang_crons FOR EACH STATEMENT EXECUTE FUNCTION lose()";

/// Makes changes of the schema fail if the session has a `statement_timeout`.
pub const NO_LIMIT_FOR_CHANGES: &str = "
    CREATE FUNCTION unlimited() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('statement_timeout') <> '0' THEN
            RAISE EXCEPTION 'changed within %', current_setting('statement_timeout');
        END IF;
    END $$;
    CREATE EVENT TRIGGER unlimited ON ddl_command_start EXECUTE FUNCTION unlimited()";
