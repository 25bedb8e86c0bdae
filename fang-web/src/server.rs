//! What all requests share.

use crate::action::Action;
use crate::bulk::Bulk;
use crate::cached::{Cached, TIME_LIMIT};
use crate::clock::Clock;
use crate::gate::{Gate, Hosts};
use crate::history::{History, Window};
use crate::journal::Journal;
use crate::kinds::Kinds;
use crate::look::{self, Look};
use crate::refusal::Refusal;
use crate::seen::{Seen, Tasks};
use chrono::{DateTime, Utc};
use fang_core::Task;
use fang_core::store::{By, CronInfo, ErrorGroups, Finding};
use fang_engine::handle::Admin;
use serde_json::Value;
use std::fmt;
use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// How many live pages are open at once.
pub(crate) const MAX_STREAMS: usize = 200;

pub(crate) type Redact = dyn Fn(&Task, &mut Value) + Send + Sync;
pub(crate) type OnAction = dyn Fn(&Action) + Send + Sync;

/// What the application chose.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) gate: Gate,
    pub(crate) hosts: Hosts,
    pub(crate) stripped: String,
    pub(crate) title: String,
    /// Other dashboards: their names and addresses.
    pub(crate) others: Vec<(String, String)>,
    pub(crate) is_read_only: bool,
    pub(crate) redact: Option<Arc<Redact>>,
    pub(crate) on_action: Option<Arc<OnAction>>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gate, hosts, stripped, title, .. } = self;
        f.debug_struct("Settings")
            .field("gate", gate)
            .field("hosts", hosts)
            .field("base_path", stripped)
            .field("title", title)
            .finish_non_exhaustive()
    }
}

/// The dashboard while it serves. All viewers share what was read.
pub(crate) struct Server {
    pub(crate) admin: Admin,
    pub(crate) settings: Settings,
    pub(crate) bulk: Bulk,
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) clock: Clock,
    pub(crate) journal: Journal,
    turns: Semaphore,
    look: Cached<Look>,
    /// Of task types and of kinds, for each window.
    histories: [[Cached<History>; Window::ALL.len()]; 2],
    errors: Cached<ErrorGroups>,
    findings: Cached<Vec<Finding>>,
    crons: Cached<Vec<CronInfo>>,
    kinds: Cached<Kinds>,
    tasks: Tasks,
    /// Makes marks of what a form was filled with.
    pub(crate) marks: RandomState,
}

impl Server {
    pub(crate) fn new(admin: Admin, settings: Settings) -> Self {
        Self {
            admin,
            settings,
            bulk: Bulk::default(),
            streams: Arc::new(Semaphore::new(MAX_STREAMS)),
            clock: Clock::default(),
            journal: Journal::default(),
            turns: Semaphore::new(2),
            look: Cached::default(),
            histories: Default::default(),
            errors: Cached::default(),
            findings: Cached::default(),
            crons: Cached::default(),
            marks: RandomState::new(),
            kinds: Cached::default(),
            tasks: Tasks::default(),
        }
    }

    /// What live pages show, at most 2 s old.
    pub(crate) async fn look(&self) -> Result<Arc<Look>, Refusal> {
        self.look_within(look::FRESH_FOR).await
    }

    /// The same, at most so old.
    pub(crate) async fn look_within(&self, fresh_for: Duration) -> Result<Arc<Look>, Refusal> {
        let admin = self.admin.clone();
        self.look.get(fresh_for, |before| Look::read(admin, before)).await
    }

    /// The history of a window, or of a shorter one if there are very many task types or kinds.
    pub(crate) async fn history(
        &self,
        by: By,
        window: Window,
        names: usize,
    ) -> Result<Arc<History>, Refusal> {
        let (admin, window) = (self.admin.clone(), window.within(names));
        let place = Window::ALL.iter().position(|one| *one == window).unwrap_or(0);
        let history = &self.histories[usize::from(by == By::Kind)][place];
        history.get(window.fresh_for(), move |_| History::read(admin, by, window)).await
    }

    /// The errors in groups, at most so old.
    pub(crate) async fn errors(&self, fresh_for: Duration) -> Result<Arc<ErrorGroups>, Refusal> {
        let admin = self.admin.clone();
        let read = move |_| async move { admin.errors().await };
        self.errors.get(fresh_for, read).await
    }

    /// What the doctor finds.
    pub(crate) async fn findings(&self) -> Result<Arc<Vec<Finding>>, Refusal> {
        let admin = self.admin.clone();
        let read = move |_| async move { admin.examine().await };
        self.findings.get(Duration::from_secs(10), read).await
    }

    /// The crons, by name.
    pub(crate) async fn crons(&self) -> Result<Arc<Vec<CronInfo>>, Refusal> {
        let admin = self.admin.clone();
        let read = move |_| async move { admin.list_crons().await };
        self.crons.get(Duration::from_secs(2), read).await
    }

    /// The kinds, at most so old.
    pub(crate) async fn kinds(&self, fresh_for: Duration) -> Result<Arc<Kinds>, Refusal> {
        if let Some(kinds) = self.kinds.fresh(fresh_for) {
            return kinds;
        }
        // Other pages show them as well.
        let errors = Refusal::if_offered(self.errors(fresh_for).await)?;
        let crons = Refusal::if_offered(self.crons().await)?;
        let admin = self.admin.clone();
        self.kinds.get(fresh_for, |_| Kinds::read(admin, errors, crons)).await
    }

    /// The task with this id, for all who look at it. `is_new` reads it again.
    pub(crate) async fn task(&self, id: Uuid, is_new: bool) -> Result<Arc<Option<Seen>>, Refusal> {
        self.tasks.get(&self.admin, id, is_new).await
    }

    /// The current time of the store, which is asked now and then.
    pub(crate) async fn now(&self) -> Result<DateTime<Utc>, Refusal> {
        match self.clock.fresh() {
            Some(now) => Ok(now),
            None => self.exact_now().await,
        }
    }

    /// The current time of the store, which is asked.
    pub(crate) async fn exact_now(&self) -> Result<DateTime<Utc>, Refusal> {
        let now = self.admin.now().await?;
        self.clock.set(now);
        Ok(now)
    }

    /// Forgets what was read, since an action has changed it.
    pub(crate) fn forget(&self) {
        self.look.forget();
        self.errors.forget();
        self.crons.forget();
        self.kinds.forget();
        self.tasks.forget();
    }

    /// The answer to a call that may look at many tasks and that no other viewer shares. Two of them run at once, so
    /// that they leave connections to others.
    pub(crate) async fn looks<T>(&self, call: impl Future<Output = T>) -> Result<T, Refusal> {
        let looked = async {
            let _turn = self.turns.acquire().await;
            call.await
        };
        let late = || Refusal::away("the store has not answered in time; look at its server, and try again");
        tokio::time::timeout(TIME_LIMIT, looked).await.map_err(|_| late())
    }

    /// Tells an action to the logs and to the application.
    pub(crate) fn tell(&self, who: &str, verb: &'static str, target: impl Into<String>) {
        let action = Action { who: who.to_owned(), verb, target: target.into() };
        log::info!("{action}");
        self.journal.add(self.clock.now(), action.clone());
        if let Some(told) = &self.settings.on_action {
            told(&action);
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("settings", &self.settings).finish_non_exhaustive()
    }
}
