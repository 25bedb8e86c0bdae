//! Results that others hold up. Each is judged when it happens, while rows are written and while they run.

use super::LOOK_EVERY;
use crate::Failure;
use crate::report::Report;
use crate::world::World;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

/// Rows without a refusal that a living worker claimed more than 20 s ago. Their runs take no time. Those that may have crashed
/// a process wait until nothing else runs.
const LATE: &str = "SELECT t.id, w.info->>'pid', to_char(t.updated_at, 'HH24:MI:SS.MS')
    FROM fang_tasks t JOIN fang_workers w ON w.id = t.locked_by
    WHERE t.state = 'in_progress' AND t.updated_at < now() - interval '20 s' AND w.dead_at IS NULL
      AND t.crashes = 0 AND NOT t.metadata ? 'refuse'";

/// So many late rows are printed at once. The others are as late as they are, and are counted.
const PRINTED: usize = 10;

/// Judges every result that is late while `act` runs. Prints the first ones at once, and reports all.
pub(super) fn judge_during<T>(
    world: &World,
    report: &mut Report,
    act: impl FnOnce(&mut Report) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let (goes_on, is_over) = channel();
    let (done, late) = thread::scope(|scope| {
        let looks = scope.spawn(move || looks(world, &is_over));
        let done = act(report);
        drop(goes_on);
        (done, looks.join())
    });
    let late = late.map_err(|_| "the look for late results panicked")??;
    report.judge_none("rows that waited for 20 s for a result of another row", &late);
    done
}

/// Looks until the campaign goes on without it. Returns a line for each late row, and prints the first ones.
fn looks(world: &World, is_over: &Receiver<()>) -> Result<Vec<String>, Failure> {
    let mut late = BTreeMap::new();
    while is_over.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
        for row in world.rows(LATE)? {
            let [id, pid, claimed_at] = row.as_slice() else {
                return Err("three columns were asked for".into());
            };
            let line = format!("{id} of process {pid}, claimed at {claimed_at}");
            let is_new = late.insert(id.clone(), line.clone()).is_none();
            if is_new && late.len() <= PRINTED {
                eprintln!("a row has waited for 20 s for a result of another row: {line}");
            }
        }
    }
    Ok(late.into_values().collect())
}
