//! `fang top`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::interrupt::interrupt;
use crate::rate;
use crate::screen::Screen;
use clap::Args;
use fang_asynk::Admin;
use fang_core::FangTaskState;
use fang_core::operator::span;
use fang_core::store::{Filter, Matching, Overview, TypeInfo, WorkerInfo, WorkerState};
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::pin::pin;
use std::time::{Duration, Instant};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Show the table once, and end.
    #[arg(long)]
    once: bool,
    /// How long to wait between two tables, such as 5s; at least 500ms.
    #[arg(long, value_parser = span::parse, value_name = "SPAN", default_value = "2s")]
    interval: Duration,
}

/// The shortest interval: each table costs the database some milliseconds.
const SHORTEST: Duration = Duration::from_millis(500);

/// The failed tasks are counted for a thousandth of the time at most, or once a minute if that is more often, since no beat of
/// a pool tells how many there are.
const SHARE_OF_COUNTS: u32 = 1_000;
const COUNTS_AT_LEAST_EVERY: Duration = Duration::from_secs(60);

/// How many tasks have failed, as last counted.
struct Failed {
    tasks: Matching,
    at: Instant,
    took: Duration,
}

impl Failed {
    async fn count(admin: &Admin) -> Result<Self, Failure> {
        let at = Instant::now();
        let tasks = admin.count_matching(&Filter::in_state(FangTaskState::Failed)).await?;
        Ok(Self { tasks, at, took: at.elapsed() })
    }

    fn is_fresh(&self) -> bool {
        self.at.elapsed() < (self.took * SHARE_OF_COUNTS).min(COUNTS_AT_LEAST_EVERY)
    }
}

/// What is shown.
struct Look {
    overview: Overview,
    types: Vec<TypeInfo>,
    workers: Vec<WorkerInfo>,
}

pub(crate) async fn run(database: &Database, arguments: &Arguments, json: bool) -> Result<Answer, Failure> {
    if arguments.interval < SHORTEST {
        return Err(Failure::new("the interval is too short; give --interval 500ms or more"));
    }
    if arguments.once {
        let look = look(database, &mut None).await?;
        return Answer::new(fields(&look), plain(&look));
    }
    // The screen is entered once an interrupt would be noticed, so that it is always left again.
    let (mut screen, mut failed) = (None, None);
    let mut stop = pin!(interrupt());
    loop {
        let look = tokio::select! {
            biased;
            () = &mut stop => return Ok(Answer::none()),
            look = look_while(database, &mut failed, screen.as_mut()) => look?,
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
            () = tokio::time::sleep(arguments.interval) => {}
        }
    }
}

/// Looks, and lets Ctrl-Z stop the process meanwhile, since the database may take long.
async fn look_while(
    database: &Database,
    failed: &mut Option<Failed>,
    screen: Option<&mut Screen>,
) -> Result<Look, Failure> {
    let mut looking = pin!(look(database, failed));
    let Some(screen) = screen else { return looking.await };
    loop {
        tokio::select! {
            look = &mut looking => return look,
            () = screen.suspended() => {}
        }
    }
}

async fn look(database: &Database, failed: &mut Option<Failed>) -> Result<Look, Failure> {
    let admin = &database.admin;
    let (types, workers) = (admin.task_types().await?, admin.workers().await?);
    let counted = match failed.take().filter(Failed::is_fresh) {
        Some(counted) => counted,
        None => Failed::count(admin).await?,
    };
    // The call `overview` would count what waits once more.
    let overview = Overview::of_types(&types, failed.insert(counted).tasks);
    Ok(Look { overview, types, workers })
}

fn plain(look: &Look) -> String {
    let Overview { waiting, due, oldest_due, running, failed, .. } = &look.overview;
    let oldest = oldest_due.map_or(String::new(), |oldest| format!(" (oldest {})", span::short(oldest)));
    let alive = alive(look);
    let (busy, all) = alive.iter().fold((0, 0), |(busy, all), one| (busy + one.busy, all + one.workers));
    let quiet = alive.iter().filter(|worker| worker.is_quiet).count();
    format!(
        "waiting {waiting}  due {due}{oldest}  running {running}  failed {failed}\npools {}, of these {quiet} quiet  \
         workers busy {busy} of {all}\n\n{}",
        alive.len(),
        rate::table(&look.types)
    )
}

fn alive(look: &Look) -> Vec<&WorkerInfo> {
    look.workers.iter().filter(|worker| worker.state != WorkerState::Dead).collect()
}

fn fields(look: &Look) -> Value {
    let Overview { waiting, due, oldest_due, running, failed, .. } = &look.overview;
    let alive = alive(look);
    json!({
        "waiting": { "tasks": waiting.tasks, "is_cut": waiting.is_cut },
        "due": { "tasks": due.tasks, "is_cut": due.is_cut },
        "oldest_due_seconds": oldest_due.map(|span| span.as_secs_f64()),
        "running": { "tasks": running.tasks, "is_cut": running.is_cut },
        "failed": { "tasks": failed.tasks, "is_cut": failed.is_cut },
        "pools": alive.len(),
        "workers": alive.iter().map(|worker| worker.workers).sum::<u32>(),
        "busy": alive.iter().map(|worker| worker.busy).sum::<u32>(),
        "task_types": look.types.iter().map(rate::fields).collect::<Vec<_>>(),
    })
}
