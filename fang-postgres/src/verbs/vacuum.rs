//! Vacuum: keeps the tables small while many tasks come and go.

use crate::database::Database;
use crate::row::{get, only};
use crate::schema::Schema;
use crate::session::{Connections, OwnSession, Session};
use crate::settings::Role;
use crate::statement::{Statement, Step};
use fang_core::StoreError;
use fang_core::store::{Vacuum, Vacuumed, micros};
use std::time::{Duration, Instant};

/// The tables: that of the tasks, and those of `vacuum_others.sql`.
const TABLES: [&str; 9] = [
    "fang_tasks",
    "fang_workers",
    "fang_lock_claims",
    "fang_meta",
    "fang_minutes",
    "fang_unique",
    "fang_cancellations",
    "fang_crons",
    "fang_queues",
];

/// The dead rows at which the small tables are due.
const DEAD_IN_OTHERS: i64 = 1_000;

/// How long others leave the tables to a pool that is about to vacuum. While its vacuum runs, the server tells them.
const TURN: Duration = Duration::from_secs(5);

/// The shortest pause between two vacuums ...
const PAUSE: Duration = Duration::from_secs(1);
/// ... which is also so many times as long as the last one took.
const PAUSE_FACTOR: u32 = 3;

/// The same after a vacuum that removed next to nothing, or failed: it has read the table in vain.
const VAIN_PAUSE: Duration = Duration::from_secs(10);
const VAIN_FACTOR: u32 = 20;

/// The longest pause. `vacuum_due.sql` takes an instant that is over an hour ahead for an error.
const LONGEST_PAUSE: Duration = Duration::from_secs(30 * 60);

/// What `vacuum_due.sql` returns.
struct Due {
    is_taken: bool,
    tasks: bool,
    others: bool,
    dead: i64,
    advice: Option<String>,
}

/// The look takes an engine connection for a moment. The vacuum has one of its own.
pub(crate) async fn vacuum<C: Connections>(
    db: &Database<C>,
    vacuum: &Vacuum,
) -> Result<Vacuumed, StoreError> {
    if !db.connections.can_vacuum() {
        return Ok(Vacuumed::Never);
    }
    let due = look(db, vacuum).await?;
    match due.advice {
        Some(advice) => Ok(Vacuumed::Forbidden { advice }),
        None if due.is_taken => run(db, &due).await,
        None => Ok(Vacuumed::NotDue),
    }
}

async fn look<C: Connections>(db: &Database<C>, vacuum: &Vacuum) -> Result<Due, StoreError> {
    let dead_rows = i64::from(vacuum.dead_rows);
    let look = Statement::rows(
        &db.sql.vacuum_due,
        &[&dead_rows, &DEAD_IN_OTHERS, &micros(TURN), &tables(&db.schema)],
    )?;
    let row = db.query_one(Role::Engine, look).await?;
    Ok(Due {
        is_taken: get(&row, 0)?,
        tasks: get(&row, 1)?,
        others: get(&row, 2)?,
        dead: get(&row, 3)?,
        advice: get(&row, 4)?,
    })
}

/// If the server is gone meanwhile, the turn ends by itself, and any pool takes the next one.
async fn run<C: Connections>(db: &Database<C>, due: &Due) -> Result<Vacuumed, StoreError> {
    let mut session = match db.session(Role::Upkeep).await {
        Ok(session) => session,
        Err(error) => {
            // Another pool may have a connection.
            let _ = end_turn(db, Duration::ZERO).await;
            return Err(error);
        }
    };
    session.without_deadline();
    let began = Instant::now();
    let outcome = on(&mut session, db, due).await;
    let outcome = db.end(session, outcome).await;
    let took = began.elapsed();
    let after = match outcome {
        Ok(after) => after,
        Err(error) => {
            // The next one may fail as well, and while one runs, autovacuum does not come.
            let _ = end_turn(db, long_pause(took)).await;
            return Err(error);
        }
    };
    let pause = pause(due.dead, after, took);
    end_turn(db, pause).await?;
    Ok(Vacuumed::Done { before: due.dead.unsigned_abs(), after: after.unsigned_abs(), took, pause })
}

/// Lets any pool vacuum after this pause.
async fn end_turn<C: Connections>(db: &Database<C>, pause: Duration) -> Result<u64, StoreError> {
    db.execute(Role::Engine, Statement::count(&db.sql.vacuum_over, &[&micros(pause)])?).await
}

/// Returns the dead rows that are left in the tables that were due.
async fn on<S: Session>(
    session: &mut S,
    db: &Database<impl Connections>,
    due: &Due,
) -> Result<i64, StoreError> {
    let sql = &db.sql;
    // Each alone, since a vacuum is refused within a transaction, and several statements at once would be one.
    if due.tasks {
        session.run(&[Step::Batch(&sql.vacuum_tasks)]).await?;
    }
    if due.others {
        session.run(&[Step::Batch(&sql.vacuum_others)]).await?;
    }
    let all = tables(&db.schema);
    let (of_tasks, others) = all.split_at(1);
    let left = [(due.tasks, of_tasks), (due.others, others)];
    let left: Vec<_> =
        left.into_iter().filter(|(is_due, _)| *is_due).flat_map(|(_, names)| names.to_vec()).collect();
    let left = Statement::rows(&sql.vacuum_left, &[&left])?;
    let answers = session.run(&[Step::Run(left)]).await?;
    get(&only(answers.into_iter().flat_map(|answer| answer.rows).collect())?, 0)
}

/// The tables with their schema, as parameters.
fn tables(schema: &Schema) -> Vec<String> {
    TABLES.map(|table| schema.qualify(table)).to_vec()
}

/// How long no pool vacuums after a vacuum that did not fail.
fn pause(before: i64, after: i64, took: Duration) -> Duration {
    let is_vain = after > before / 4 * 3;
    if is_vain { long_pause(took) } else { took.saturating_mul(PAUSE_FACTOR).clamp(PAUSE, LONGEST_PAUSE) }
}

/// The same after one in vain.
fn long_pause(took: Duration) -> Duration {
    took.saturating_mul(VAIN_FACTOR).clamp(VAIN_PAUSE, LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vacuums_take_a_quarter_of_the_time_at_most_and_a_twentieth_if_they_remove_next_to_nothing() {
        let [quick, slow, endless] = [10, 2_000, 10_000_000].map(Duration::from_millis);
        assert_eq!(pause(60_000, 10_000, quick), PAUSE);
        assert_eq!(pause(60_000, 10_000, slow), slow * 3);
        assert_eq!(pause(60_000, 59_000, quick), VAIN_PAUSE);
        assert_eq!(pause(60_000, 70_000, slow), slow * 20);
        assert_eq!(pause(60_000, 60_000, endless), LONGEST_PAUSE);
    }
}
