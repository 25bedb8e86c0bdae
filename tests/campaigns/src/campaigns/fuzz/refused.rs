//! A trigger of the application that refuses some changes of some rows. All other rows must be saved in time.

use super::LOOK_EVERY;
use super::rows::{Fate, WORK};
use crate::Failure;
use crate::report::Report;
use crate::world::World;
use fastrand::Rng;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A result is sent alone for some seconds before the log names its task.
const NAMED_WITHIN: Duration = Duration::from_secs(60);

/// What the payload says in `refuse` is refused, by an error of this `code`.
const TRIGGER: &str = "
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (CASE OLD.metadata->>'refuse'
            WHEN 'removal' THEN TG_OP = 'DELETE'
            WHEN 'result' THEN TG_OP = 'DELETE' OR NEW.state NOT IN ('new', 'in_progress')
            WHEN 'claim' THEN TG_OP = 'UPDATE' AND NEW.state = 'in_progress'
        END) THEN
            RAISE EXCEPTION USING ERRCODE = OLD.metadata->>'code', MESSAGE = 'no';
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER refuse BEFORE UPDATE OR DELETE ON fang_tasks
        FOR EACH ROW WHEN (OLD.metadata ? 'refuse') EXECUTE FUNCTION refuse()";

/// The errors of a trigger, of a constraint, and of a character that the database lacks.
const CODES: [&str; 3] = ["P0001", "23514", "22P05"];

pub(super) fn create_trigger(world: &World) -> Result<(), Failure> {
    world.rows(TRIGGER).map(drop)
}

/// The payload of a task of which the trigger refuses a change, and what becomes of its row.
pub(super) fn payload(random: &mut Rng) -> (Fate, String) {
    let (fate, refuse) = match random.u8(0..10) {
        0 => (Fate::Unclaimable, "claim"),
        1 => (Fate::Unsavable, "result"),
        _ => (Fate::Unremovable, "removal"),
    };
    let code = random.choice(CODES).unwrap_or(CODES[0]);
    let fields = WORK.trim_end_matches('}');
    (fate, format!(r#"{fields},"refuse":"{refuse}","code":"{code}"}}"#))
}

/// The log of the workers has to name each row of which a change was refused, unless a lock-claim has removed it.
pub(super) fn judge_names(
    world: &World,
    fates: &HashMap<Uuid, Fate>,
    report: &mut Report,
) -> Result<(), Failure> {
    let began = Instant::now();
    let unnamed = loop {
        let waiting: HashSet<Uuid> =
            world.ids("SELECT id FROM fang_tasks WHERE metadata->>'refuse' = 'claim'")?.into_iter().collect();
        let named = named(&std::fs::read_to_string(world.folder().join("workers.log"))?);
        let must_be_named = |id: &Uuid, fate: &Fate| match fate {
            Fate::Unremovable | Fate::Unsavable => true,
            Fate::Unclaimable => waiting.contains(id),
            _ => false,
        };
        let refused = fates.iter().filter(|(id, fate)| must_be_named(id, fate) && !named.contains(*id));
        let unnamed: Vec<String> = refused.map(|(id, fate)| format!("{id} ({fate:?})")).collect();
        if unnamed.is_empty() || began.elapsed() > NAMED_WITHIN {
            break unnamed;
        }
        std::thread::sleep(LOOK_EVERY);
    };
    report.judge_none("refused rows that no worker named in its log", &unnamed);
    Ok(())
}

/// The tasks that errors of a log name as refused.
fn named(log: &str) -> HashSet<Uuid> {
    let errors = log.lines().filter(|line| line.contains(" ERROR ") && line.contains("refuse"));
    let words = errors.flat_map(|line| line.split(|c: char| !c.is_ascii_hexdigit() && c != '-'));
    words.filter_map(|word| Uuid::try_parse(word).ok()).collect()
}
