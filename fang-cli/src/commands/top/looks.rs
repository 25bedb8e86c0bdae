//! What each tab reads from the database.

use super::counted::Failed;
use super::history::{self, History, Point};
use crate::commands::tasks;
use crate::failure::Failure;
use chrono::{DateTime, Utc};
use fang_asynk::Admin;
use fang_core::store::{CronInfo, Filter, Overview, Rate, Running, RunningPage, TypeInfo, WorkerInfo};
use fang_core::{FangTaskState, Task};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What is looked at: what is on the screen, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Focus {
    Overview,
    Types,
    Running,
    /// The failed tasks that match.
    Failed(Filter),
    Workers,
    Crons,
    Task(Uuid),
}

/// What a look saw.
#[derive(Clone, Debug)]
pub(super) enum Seen {
    Overview(Box<SeenOverview>),
    Types(Vec<TypeInfo>),
    Running { page: RunningPage, workers: Vec<WorkerInfo>, now: DateTime<Utc> },
    Failed { tasks: Vec<Task>, is_all: bool, now: DateTime<Utc> },
    Workers(Vec<WorkerInfo>),
    Crons { crons: Vec<CronInfo>, now: DateTime<Utc> },
    Task(Box<SeenTask>),
}

#[derive(Clone, Debug)]
pub(super) struct SeenOverview {
    pub(super) overview: Overview,
    pub(super) types: Vec<TypeInfo>,
    pub(super) workers: Vec<WorkerInfo>,
    pub(super) points: Vec<Point>,
}

/// A task, or that there is none.
#[derive(Clone, Debug)]
pub(super) struct SeenTask {
    pub(super) task: Option<Task>,
    /// Where it runs, if its row tells.
    pub(super) running: Option<Running>,
    pub(super) now: DateTime<Utc>,
}

impl SeenTask {
    /// Whether it can still change by itself.
    pub(super) fn is_alive(&self) -> bool {
        self.task.as_ref().is_some_and(|task| task.state.is_alive())
    }
}

/// How many tasks a list has.
pub(super) const LIMIT: u32 = 200;
/// The window of the rates, as `fang types` has it.
const RATES: Duration = Duration::from_secs(5 * 60);

/// The looks, and what they keep from one to the next.
pub(super) struct Looks {
    admin: Admin,
    failed: Failed,
    history: Option<History>,
}

impl Looks {
    pub(super) fn new(admin: Admin) -> Self {
        Self { admin, failed: Failed::default(), history: None }
    }

    pub(super) async fn look(&mut self, focus: &Focus) -> Result<Seen, Failure> {
        let admin = &self.admin;
        Ok(match focus {
            Focus::Overview => Seen::Overview(Box::new(self.overview().await?)),
            Focus::Types => Seen::Types(admin.task_types().await?),
            Focus::Running => Seen::Running {
                page: admin.running(None, LIMIT).await?,
                workers: admin.workers().await?,
                now: admin.now().await?,
            },
            Focus::Failed(filter) => {
                let found = tasks::find(admin, filter, None).await?;
                Seen::Failed { tasks: found.tasks, is_all: found.next.is_none(), now: admin.now().await? }
            }
            Focus::Workers => Seen::Workers(admin.workers().await?),
            Focus::Crons => Seen::Crons { crons: admin.list_crons().await?, now: admin.now().await? },
            Focus::Task(id) => Seen::Task(Box::new(self.task(*id).await?)),
        })
    }

    /// As many statements as a look of the table: the minutes of an hour, once a minute, have those of the rates among
    /// them.
    async fn overview(&mut self) -> Result<SeenOverview, Failure> {
        let admin = &self.admin;
        let (began, now) = (Instant::now(), admin.now().await?);
        let is_known = self.history.as_ref().is_some_and(History::is_fresh);
        let minutes = admin.minutes(if is_known { RATES } else { history::SPAN }).await?;
        if !is_known {
            self.history = Some(History::of(&minutes, now, began.elapsed()));
        }
        let points = self.history.as_ref().map(|history| history.points.clone()).unwrap_or_default();
        // After the minutes: what is gathered between the two reads is missing until the next look, and not counted twice.
        let (workers, depths) = (admin.workers().await?, admin.depths().await?);
        let paused = admin.paused_types().await?;
        let from = Rate::first_minute(now, RATES);
        let recent: Vec<_> = minutes.into_iter().filter(|minute| minute.at >= from).collect();
        let types = TypeInfo::all(depths, paused, &workers, Rate::all(&recent, &workers, from, now));
        let overview = Overview::of_types(&types, self.failed.tasks(admin).await?);
        Ok(SeenOverview { overview, types, workers, points })
    }

    async fn task(&self, id: Uuid) -> Result<SeenTask, Failure> {
        let task = self.admin.find(id).await?;
        let running = match &task {
            Some(task) if task.state == FangTaskState::InProgress => {
                let before = Uuid::from_u128(id.as_u128().saturating_add(1));
                let page = self.admin.running(Some(before), 1).await?;
                page.tasks.into_iter().find(|running| running.task.id == id)
            }
            _ => None,
        };
        Ok(SeenTask { task, running, now: self.admin.now().await? })
    }
}
