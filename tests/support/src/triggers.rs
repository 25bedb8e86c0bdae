//! Statements that make a database behave as a test wants it.

/// The first transaction that writes into the tables of tasks or crons is told that it has lost a race, until the
/// sequence `tries` is restarted: what a sequence has counted is not rolled back.
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

/// Refuses to change the schema where a statement may take only so long.
pub const NO_LIMIT_FOR_CHANGES: &str = "
    CREATE FUNCTION unlimited() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('statement_timeout') <> '0' THEN
            RAISE EXCEPTION 'changed within %', current_setting('statement_timeout');
        END IF;
    END $$;
    CREATE EVENT TRIGGER unlimited ON ddl_command_start EXECUTE FUNCTION unlimited()";
