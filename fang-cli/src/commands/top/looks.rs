//! What each tab reads from the database.

use super::fleet::{Fleet, SeenFleet};
use super::history::Point;
use super::looker::Wanted;
use crate::commands::tasks;
use crate::failure::Failure;
use chrono::{DateTime, Utc};
use fang_asynk::Admin;
use fang_core::store::{CronInfo, Filter, Overview, Running, RunningPage, TypeInfo, WorkerInfo};
use fang_core::{FangTaskState, Task};
use std::time::Duration;
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
    /// With how long ago the waiting tasks were counted.
    Types(Vec<TypeInfo>, Duration),
    Running {
        page: RunningPage,
        workers: Vec<WorkerInfo>,
        now: DateTime<Utc>,
    },
    Failed {
        tasks: Vec<Task>,
        is_all: bool,
        now: DateTime<Utc>,
    },
    Workers(Vec<WorkerInfo>),
    Crons {
        crons: Vec<CronInfo>,
        now: DateTime<Utc>,
    },
    Task(Box<SeenTask>),
}

#[derive(Clone, Debug)]
pub(super) struct SeenOverview {
    pub(super) overview: Overview,
    pub(super) types: Vec<TypeInfo>,
    pub(super) workers: Vec<WorkerInfo>,
    pub(super) points: Vec<Point>,
    /// How long ago the waiting tasks were counted.
    pub(super) counted_ago: Duration,
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

/// The looks, and what they keep from one to the next.
pub(super) struct Looks {
    admin: Admin,
    fleet: Fleet,
    /// The number of what was wanted last.
    number: u64,
}

impl Looks {
    pub(super) fn new(admin: Admin) -> Self {
        Self { admin, fleet: Fleet::new(), number: 0 }
    }

    /// Looks at what is wanted. If the same is to be looked at anew, all of it is read again.
    pub(super) async fn look(&mut self, Wanted { focus, number }: &Wanted) -> Result<Seen, Failure> {
        if std::mem::replace(&mut self.number, *number) != *number {
            self.fleet.forget();
        }
        let (admin, fleet) = (&self.admin, &mut self.fleet);
        Ok(match focus {
            Focus::Overview => Seen::Overview(Box::new(self.overview().await?)),
            Focus::Types => {
                let SeenFleet { types, counted_ago, .. } = fleet.look(admin).await?;
                Seen::Types(types, counted_ago)
            }
            Focus::Running => Seen::Running {
                page: admin.running(None, LIMIT).await?,
                workers: fleet.workers(admin).await?,
                now: fleet.now(admin).await?,
            },
            Focus::Failed(filter) => {
                let found = tasks::find(admin, filter, None).await?;
                Seen::Failed {
                    tasks: found.tasks,
                    is_all: found.next.is_none(),
                    now: fleet.now(admin).await?,
                }
            }
            Focus::Workers => Seen::Workers(fleet.workers(admin).await?),
            Focus::Crons => Seen::Crons { crons: admin.list_crons().await?, now: fleet.now(admin).await? },
            Focus::Task(id) => Seen::Task(Box::new(self.task(*id).await?)),
        })
    }

    async fn overview(&mut self) -> Result<SeenOverview, Failure> {
        let (SeenFleet { types, workers, counted_ago }, points) = self.fleet.look_back(&self.admin).await?;
        let overview = self.fleet.overview(&self.admin, &types).await?;
        Ok(SeenOverview { overview, types, workers, points, counted_ago })
    }

    async fn task(&mut self, id: Uuid) -> Result<SeenTask, Failure> {
        let task = self.admin.find(id).await?;
        let running = match &task {
            Some(task) if task.state == FangTaskState::InProgress => {
                let before = Uuid::from_u128(id.as_u128().saturating_add(1));
                let page = self.admin.running(Some(before), 1).await?;
                page.tasks.into_iter().find(|running| running.task.id == id)
            }
            _ => None,
        };
        Ok(SeenTask { task, running, now: self.fleet.now(&self.admin).await? })
    }
}
