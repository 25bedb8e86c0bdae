//! The table of `fang top`, once or again and again.

use super::fleet::{Fleet, SeenFleet};
use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::interrupt::interrupt;
use crate::rate;
use crate::screen::Screen;
use fang_core::operator::span;
use fang_core::store::{Overview, TypeInfo, WorkerInfo, WorkerState};
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::pin::pin;
use std::time::Duration;

/// What is shown.
struct Look {
    overview: Overview,
    types: Vec<TypeInfo>,
    workers: Vec<WorkerInfo>,
    /// How long ago the waiting tasks were counted.
    counted_ago: Duration,
}

pub(super) async fn once(database: &Database) -> Result<Answer, Failure> {
    let look = look(database, &mut Fleet::new()).await?;
    Answer::new(fields(&look), plain(&look))
}

pub(super) async fn repeat(database: &Database, interval: Duration, json: bool) -> Result<Answer, Failure> {
    // The screen is entered once an interrupt would be noticed, so that it is always left again.
    let (mut screen, mut fleet) = (None, Fleet::new());
    let mut stop = pin!(interrupt());
    loop {
        let look = tokio::select! {
            biased;
            () = &mut stop => return Ok(Answer::none()),
            look = look_while(database, &mut fleet, screen.as_mut()) => look?,
        };
        let screen = match &mut screen {
            Some(screen) => screen,
            None => screen.insert(Screen::open(!json && std::io::stdout().is_terminal())?),
        };
        let text = if json { fields(&look).to_string() } else { plain(&look) };
        // A reader that has read enough ends it too.
        if screen.show(&text).is_err() {
            return Ok(Answer::none());
        }
        tokio::select! {
            () = &mut stop => return Ok(Answer::none()),
            () = screen.suspended() => {}
            () = tokio::time::sleep(interval) => {}
        }
    }
}

/// Looks, and lets Ctrl-Z stop the process meanwhile, since the database may take long.
async fn look_while(
    database: &Database,
    fleet: &mut Fleet,
    screen: Option<&mut Screen>,
) -> Result<Look, Failure> {
    let mut looking = pin!(look(database, fleet));
    let Some(screen) = screen else { return looking.await };
    loop {
        tokio::select! {
            look = &mut looking => return look,
            () = screen.suspended() => {}
        }
    }
}

async fn look(database: &Database, fleet: &mut Fleet) -> Result<Look, Failure> {
    let admin = &database.admin;
    let SeenFleet { types, workers, counted_ago } = fleet.look(admin).await?;
    let overview = fleet.overview(admin, &types).await?;
    Ok(Look { overview, types, workers, counted_ago })
}

fn plain(look: &Look) -> String {
    let [tasks, pools] = sums(&look.overview, &look.workers, look.counted_ago);
    format!("{tasks}\n{pools}\n\n{}", rate::table(&look.types))
}

/// When the waiting tasks were counted, if that is more than a second ago.
pub(super) fn counted(ago: Duration) -> Option<String> {
    (ago >= Duration::from_secs(1)).then(|| format!("counted {} ago", span::short(ago)))
}

/// The lines with the sums.
pub(super) fn sums(overview: &Overview, workers: &[WorkerInfo], counted_ago: Duration) -> [String; 2] {
    let Overview { waiting, due, oldest_due, running, failed, .. } = overview;
    let oldest = oldest_due.map(|oldest| format!("oldest {}", span::short(oldest)));
    let about: Vec<String> = oldest.into_iter().chain(counted(counted_ago)).collect();
    let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
    let alive = alive(workers);
    let (busy, all) = alive.iter().fold((0, 0), |(busy, all), one| (busy + one.busy, all + one.workers));
    let quiet = alive.iter().filter(|worker| worker.is_quiet).count();
    let pools = alive.len();
    [
        format!("waiting {waiting}  due {due}{about}  running {running}  failed {failed}"),
        format!("pools {pools}, of these {quiet} quiet  workers busy {busy} of {all}"),
    ]
}

fn alive(workers: &[WorkerInfo]) -> Vec<&WorkerInfo> {
    workers.iter().filter(|worker| worker.state != WorkerState::Dead).collect()
}

fn fields(look: &Look) -> Value {
    let Overview { waiting, due, oldest_due, running, failed, .. } = &look.overview;
    let alive = alive(&look.workers);
    json!({
        "waiting": { "tasks": waiting.tasks, "is_cut": waiting.is_cut },
        "due": { "tasks": due.tasks, "is_cut": due.is_cut },
        "oldest_due_seconds": oldest_due.map(|span| span.as_secs_f64()),
        "counted_seconds_ago": look.counted_ago.as_secs_f64(),
        "running": { "tasks": running.tasks, "is_cut": running.is_cut },
        "failed": { "tasks": failed.tasks, "is_cut": failed.is_cut },
        "pools": alive.len(),
        "workers": alive.iter().map(|worker| worker.workers).sum::<u32>(),
        "busy": alive.iter().map(|worker| worker.busy).sum::<u32>(),
        "task_types": look.types.iter().map(rate::fields).collect::<Vec<_>>(),
    })
}
