use super::{
    Asked, Change, ChangeMany, ChangeOutcome, Changed, Claim, ClaimedTasks, Count, CronInfo, CronRemoval,
    Crons, Depth, Disown, ErrorGroups, Filter, Finding, Finish, Heard, Inserted, List, LockClaims, Minute,
    Minutes, NewCron, Offers, PageRequest, Pause, PausedType, Prune, ReadyLook, ReadyTypes, Removal, Report,
    ReportedBeat, Rescue, Rescued, RunningPage, SavedCron, SavedPayload, TableSize, Tables, TaskPage, Tick,
    Unserved, Vacuum, Vacuumed, WorkerId, WorkerInfo,
};
use crate::error::StoreError;
use crate::new_task::NewTask;
use crate::notify::Listeners;
use crate::task::Task;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::time::Duration;
use uuid::Uuid;

/// A store of tasks, as queues and pools use it: fourteen required verbs (methods), and optional ones.
///
/// The optional verbs have defaults. A verb that only a program calls fails by default with
/// [`StoreError::NotOffered`]. A verb that pools call by themselves does nothing by default.
/// [`offers`](Self::offers) says which features a store has.
///
/// Every verb fails with [`StoreError`], whose [`nature`](StoreError::nature) says whether trying again can
/// help.
///
/// A verb may block the thread that polls its future, as a verb over diesel does. Such a store fits the
/// blocking mode only. A store that never blocks is [`NonBlocking`](super::NonBlocking) too and fits both modes. No pool drops a
/// future before it is ready, so a verb need not be safe to cancel.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The features besides the required verbs. Defaults to none.
    fn offers(&self) -> Offers {
        Offers::none()
    }

    /// Returns the current time, by the clock that decides which tasks are due.
    async fn now(&self) -> Result<DateTime<Utc>, StoreError>;

    /// Saves tasks, all or none, and returns an answer for each, in the same order. Queues pass at most
    /// 10,000 tasks (1,000 if one of them is unique) and 8 MiB of payload in one call. A task whose id exists
    /// already was saved by an earlier call and counts as new. Fails with [`StoreError::NotUnique`] if a task
    /// that is unique with [`or_error`](crate::Unique::or_error) has a duplicate.
    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError>;

    /// Claims due tasks for a worker, so that no other worker gets them, and tells when the next task becomes due if the
    /// claim [asks](Claim::within). A store that does not tell returns the tasks alone: pools then find tasks that become
    /// due by polling.
    async fn claim(&self, claim: &Claim<'_>) -> Result<ClaimedTasks, StoreError>;

    /// Tells which task types have tasks that a pool could claim, and when others become due. Paused types have none. One
    /// look must cost no more than a few claims, whatever tasks there are: types without waiting tasks should cost nothing.
    /// Pools that serve many task types, or all, look before they claim; others never do.
    ///
    /// Not offered by default. Pools with a list of task types then claim one type after the other, and pools for all
    /// task types cannot start.
    async fn ready_types(&self, _look: &ReadyLook) -> Result<ReadyTypes, StoreError> {
        Err(StoreError::NotOffered { verb: "ready_types" })
    }

    /// Saves the results whose claims still stand, and returns how many. The other results came too late, and
    /// the store must drop them.
    async fn finish(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError>;

    /// Releases the claims of a worker, all or all but some. No retry is charged. The tasks no longer
    /// [expire](crate::NewTask::expires). Returns how many claims were released. A pool does not call it while one of
    /// its claims is under way.
    async fn disown(&self, disown: &Disown<'_>) -> Result<u64, StoreError>;

    /// Adds a worker with a new id, alive from now. `info` is JSON that describes it, for people to read and for
    /// [`unserved`](Self::unserved): `mode` is `"asynk"` or `"blocking"`, and `task_types` is the list of the
    /// task types that the worker serves. It serves others as well if `all_task_types` is `true`: all that there are; or if
    /// `more_task_types` is a number: so many that have no room in the list. [`WorkerInfo`] tells the rest: `host`, `pid`, `version`, `workers`, and the
    /// `lease_ms`, in milliseconds.
    async fn register(&self, info: &str) -> Result<WorkerId, StoreError>;

    /// Notes that a worker is alive, and what it tells. `lease` is how long a worker may be silent before it counts as
    /// dead. A store that keeps no reports returns [`ReportedBeat::without_report`].
    async fn heartbeat(
        &self,
        worker: WorkerId,
        lease: Duration,
        report: &Report,
    ) -> Result<ReportedBeat, StoreError>;

    /// Marks a worker as dead, since its pool has stopped, and notes what it tells last. Tasks that are still claimed by
    /// it may be rescued at once. [`is_lost`](WorkerInfo::is_lost) stays `false` for it, unless it was declared dead before.
    async fn retire(&self, worker: WorkerId, report: &Report) -> Result<(), StoreError>;

    /// Declares silent workers dead, and takes back the tasks whose worker is dead or gone: they become due
    /// again, or fail after too many crashes. They no longer [expire](crate::NewTask::expires). Any process may call it at any time, also twice.
    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued, StoreError>;

    /// Removes old finished and failed tasks, those that were [kept](Finish::keep) for their time, periods that are over, and workers that died an hour ago,
    /// have no claimed tasks, and told nothing that has not been [gathered](Self::gather) or died a day ago. Returns how many tasks and periods were removed.
    async fn prune(&self, prune: &Prune) -> Result<u64, StoreError>;

    /// Returns the task with this id, or `None` if there is no such row.
    async fn find(&self, id: Uuid) -> Result<Option<Task>, StoreError>;

    /// Returns one page of the tasks that match a filter, and looks at no more than [`MAX_LOOK`](super::MAX_LOOK) tasks
    /// for it. [`PageRequest::pick`] makes the page for a store that has all its tasks at hand.
    async fn page(&self, request: &PageRequest<'_>) -> Result<TaskPage, StoreError>;

    /// Returns the tasks that match the filter, the newest first, at most its limit. Asks for as many
    /// [pages](Self::page) as that takes. No store needs to change it.
    async fn list(&self, filter: &Filter) -> Result<Vec<Task>, StoreError> {
        let mut list = List::new(filter);
        while let Some(request) = list.next_page() {
            list.add(self.page(&request).await?);
        }
        Ok(list.into_tasks())
    }

    /// Removes tasks, also those that run. Returns how many.
    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError>;

    /// Returns the listeners of this process. The store must [notify](Listeners::notify) them of its changes:
    /// new tasks, cancellations, changed crons.
    fn listeners(&self) -> &Listeners;

    /// Checks that the store is ready: it can be reached and its tables are up to date. A pool calls it when
    /// it starts. Defaults to `Ok`.
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Returns the version of the tables. Defaults to `None`: the store has no tables that are migrated.
    async fn schema_version(&self) -> Result<Option<i32>, StoreError> {
        Ok(None)
    }

    /// Marks a claim as a suspect: its task may kill its process, and runs alone in this process for that
    /// reason. If the worker dies now, this crash counts in full, so the task fails at `max_crashes`. Returns
    /// whether the claim still stands. Any result removes the mark.
    ///
    /// Defaults to `true` without a mark, for a store that counts each crash of every task in full.
    async fn suspect(&self, _worker: WorkerId, _id: Uuid, _lease: i32) -> Result<bool, StoreError> {
        Ok(true)
    }

    /// Removes those lists of a worker (see [`LockClaims::list`]) that name a task which is not in `known`, a
    /// list of task ids and leases, and whose locks are gone. Such a list would make other workers write
    /// claims of its tasks in the name of this worker. Returns how many lists were removed. A pool does not
    /// call it while it lists tasks.
    ///
    /// Defaults to none, for a store without lock-claims.
    async fn unlist_unknown(&self, _worker: WorkerId, _known: &[(Uuid, i32)]) -> Result<u64, StoreError> {
        Ok(0)
    }

    /// Vacuums the tables if they have many dead rows, so that they stay small. Must take no connection that claims or
    /// results need, and keep no other statement waiting. Of several processes that call it at the same time, one
    /// vacuums. Where that freed little, because an open transaction still needs the dead rows, no process tries again
    /// for a while. Pools call it after they have saved some thousands of results.
    ///
    /// Defaults to [`Vacuumed::Never`].
    async fn vacuum(&self, _vacuum: &Vacuum) -> Result<Vacuumed, StoreError> {
        Ok(Vacuumed::Never)
    }

    /// Tells that the pool is about to wait. A store whose server is short of connections may close those that it does not
    /// use. Must not wait for anything. Defaults to nothing.
    fn rests(&self) {}

    /// Finds the task types with tasks of a mode that have been due for over a minute, while no worker of this
    /// mode has served the type for a minute. Tasks of [`Mode::Any`](crate::Mode::Any) can be served by workers
    /// of either mode. Paused types do not count. It looks at no more than `limit` of the types with waiting
    /// tasks, beginning with `from`, in an order of its own that begins with the empty name. A pool calls it
    /// about once a minute and logs what it finds.
    ///
    /// Defaults to none.
    async fn unserved(&self, _from: &str, _limit: u32) -> Result<Unserved, StoreError> {
        Ok(Unserved::default())
    }

    /// Adds what workers have told since the last call to the [`minutes`](Self::minutes) and hours, if a minute is over since
    /// then. Returns whether it did. Nothing is lost or counted twice, also when several pools call it at once, and
    /// while workers beat. The counts of a worker go to the minute of its last beat, and never to one that is not over.
    ///
    /// Defaults to nothing.
    async fn gather(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// Lists at most `limit` workers with an id greater than `after`, ordered by id.
    ///
    /// Not offered by default.
    async fn workers(&self, _after: Option<WorkerId>, _limit: u32) -> Result<Vec<WorkerInfo>, StoreError> {
        Err(StoreError::NotOffered { verb: "workers" })
    }

    /// Lists a page of what all pools have counted, minute by minute or hour by hour, of task types or of kinds. A prune
    /// removes [minutes after 72 h, and hours after 180 days](super::Per::kept). Those of the future, which a clock that was
    /// ahead has left, are left out.
    ///
    /// Not offered by default.
    async fn minutes(&self, _page: &Minutes<'_>) -> Result<Vec<Minute>, StoreError> {
        Err(StoreError::NotOffered { verb: "minutes" })
    }

    /// Lists the task types that are paused, ordered by name: the first [`Depth::TASK_TYPES`] of them.
    ///
    /// Not offered by default.
    async fn paused_types(&self) -> Result<Vec<PausedType>, StoreError> {
        Err(StoreError::NotOffered { verb: "paused_types" })
    }

    /// Asks a living worker to do this. Its next beat [tells](ReportedBeat::asked) it, until a
    /// [report](Report::done) says that it does it, or it is asked for something else. Its listeners are
    /// [notified](crate::notify::Topic::Asked). Returns whether there is such a living worker.
    ///
    /// Not offered by default.
    async fn ask_worker(&self, _worker: WorkerId, _asked: Asked) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "ask_worker" })
    }

    /// Counts the tasks of each task type in each state. May read all tasks. If that takes long, the store may tell the same
    /// answer again for a while.
    ///
    /// Not offered by default.
    async fn count(&self) -> Result<Vec<Count>, StoreError> {
        Err(StoreError::NotOffered { verb: "count" })
    }

    /// Counts the tasks that wait, and those that are due, of this task type, or of each type that has any: of the
    /// first [`Depth::TASK_TYPES`] types, ordered by name. Must be quick however many tasks there are: counting
    /// stops as [`Capped`](super::Capped) and [`Depth::COUNTED`] say. Of a type without tasks it may return nothing.
    ///
    /// Not offered by default.
    async fn depths(&self, _task_type: Option<&str>) -> Result<Vec<Depth>, StoreError> {
        Err(StoreError::NotOffered { verb: "depths" })
    }

    /// Returns the tasks that are in progress, the newest first, with their workers: those whose ids are less than `after`,
    /// at most `limit` and at most [`MAX_PAGE`](super::MAX_PAGE). Claims by locks alone are not in it.
    ///
    /// Not offered by default.
    async fn running(&self, _after: Option<Uuid>, _limit: u32) -> Result<RunningPage, StoreError> {
        Err(StoreError::NotOffered { verb: "running" })
    }

    /// Groups the errors of the tasks that failed last. The store may stop to look at about
    /// [`ErrorGroups::MAX_LOOK`] failed tasks, and after a while in which it found none.
    ///
    /// Not offered by default.
    async fn errors(&self) -> Result<ErrorGroups, StoreError> {
        Err(StoreError::NotOffered { verb: "errors" })
    }

    /// Changes a task, if it is in a state that the change [fits](Change::fits). [`Change`] says what each does.
    ///
    /// Defaults to [`remove`](Self::remove) for [`Change::Remove`]. The others are [not offered](Change::not_offered).
    async fn change(&self, id: Uuid, change: Change) -> Result<ChangeOutcome, StoreError> {
        match change {
            Change::Remove => Ok((self.remove(&Removal::Id(id)).await? > 0).into()),
            other => Err(other.not_offered()),
        }
    }

    /// Changes a batch of the tasks that match a filter, each as [`change`](Self::change) does, and looks at no more
    /// than [`MAX_LOOK`](super::MAX_LOOK) tasks for it. A task that cannot be changed must not stop the others.
    ///
    /// Not offered by default.
    async fn change_many(&self, _batch: &ChangeMany<'_>) -> Result<Changed, StoreError> {
        Err(StoreError::NotOffered { verb: "change_many" })
    }

    /// Returns the running tasks of this worker that are to be cancelled, each with the lease of its claim.
    /// Also fails cancelled tasks that wait again, of any worker.
    ///
    /// Defaults to none.
    async fn cancellations(&self, _worker: WorkerId) -> Result<Vec<(Uuid, i32)>, StoreError> {
        Ok(Vec::new())
    }

    /// Begins or ends the pause of a task type. Meanwhile [`claim`](Self::claim) returns no tasks of it. Returns whether
    /// that changed anything.
    ///
    /// Not offered by default.
    async fn pause(&self, _task_type: &str, pause: Pause) -> Result<bool, StoreError> {
        Err(pause.of_type_not_offered())
    }

    /// Saves a cron. A new one is inserted with its first tick. An existing one is replaced if its task or
    /// its [`Cron`](crate::schedule::Cron) has changed, and left alone otherwise. A paused cron stays
    /// paused.
    ///
    /// Not offered by default.
    async fn sync_cron(&self, _cron: &NewCron) -> Result<SavedCron, StoreError> {
        Err(StoreError::NotOffered { verb: "sync_cron" })
    }

    /// Gives the cron `from` the name and payload of `cron`. All else stays as it is, its waiting task too. If there is
    /// another cron of that name already, removes `from` and its waiting task. Returns whether there was such a cron.
    ///
    /// Not offered by default.
    async fn rename_cron(&self, _from: &str, _cron: &NewCron) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "rename_cron" })
    }

    /// Returns the crons that need another tick. Paused crons need none.
    ///
    /// Defaults to none.
    async fn crons(&self) -> Result<Crons, StoreError> {
        Ok(Crons::default())
    }

    /// Inserts ticks, unless another process has inserted them already or the cron is paused or gone. Returns
    /// whether it did.
    ///
    /// Not offered by default.
    async fn fire(&self, _tick: &Tick<'_>) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "fire" })
    }

    /// Returns all crons, ordered by name.
    ///
    /// Not offered by default.
    async fn list_crons(&self) -> Result<Vec<CronInfo>, StoreError> {
        Err(StoreError::NotOffered { verb: "list_crons" })
    }

    /// Begins or ends the pause of a cron. It has no ticks meanwhile, and its waiting task is removed when it begins. When
    /// it ends, the [`Missed`](crate::schedule::Missed) policy decides about the ticks that it missed. Returns whether that
    /// changed anything: `false` if there is no such cron.
    ///
    /// Not offered by default.
    async fn pause_cron(&self, _name: &str, pause: Pause) -> Result<bool, StoreError> {
        Err(pause.of_cron_not_offered())
    }

    /// Inserts a task of a cron, due now, with this id, even while the cron is paused. Its ticks do not
    /// change. Returns whether there is such a cron. Repeating the call with the same id changes nothing.
    ///
    /// Not offered by default.
    async fn run_cron(&self, _name: &str, _id: Uuid) -> Result<bool, StoreError> {
        Err(StoreError::NotOffered { verb: "run_cron" })
    }

    /// Removes crons and their waiting tasks. Returns how many crons were removed.
    ///
    /// Not offered by default.
    async fn remove_crons(&self, _removal: &CronRemoval) -> Result<u64, StoreError> {
        Err(StoreError::NotOffered { verb: "remove_crons" })
    }

    /// Moves every saved instant back by this much, as if that time had passed, in one transaction. The clock of the
    /// store still decides what is due. For tests: `fang::testing` turns the time of a queue with it.
    ///
    /// Not offered by default.
    async fn turn(&self, _by: Duration) -> Result<(), StoreError> {
        Err(StoreError::NotOffered { verb: "turn" })
    }

    /// Looks for what will hurt in the place where the tasks are: missing rights, a clock that was ahead, dead rows. Changes
    /// nothing, and must be quick however many tasks there are. The doctor (`examine` of an admin) adds what it finds by other verbs.
    ///
    /// Defaults to none.
    async fn examine(&self) -> Result<Vec<Finding>, StoreError> {
        Ok(Vec::new())
    }

    /// Lists the tables by the statistics of their server, ordered by name. Reads none of their rows.
    ///
    /// Defaults to none, as for a store without tables.
    async fn table_sizes(&self) -> Result<Vec<TableSize>, StoreError> {
        Ok(Vec::new())
    }

    /// Reads the payloads of at most `limit` tasks that are older than the task `before`, or of the newest ones, the newest
    /// first. Fewer may come if their payloads are large. None come when there are no more. Tasks that do not wait may be among them, without their payloads, so
    /// that no call has to look at more rows than that.
    ///
    /// Defaults to what [`list`](Self::list) returns.
    async fn payloads(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<SavedPayload>, StoreError> {
        let tasks = self.list(&Filter { limit, before, ..Filter::default() }).await?;
        Ok(tasks.iter().map(SavedPayload::of).collect())
    }

    /// Passes the notifications that other processes have sent on to the listeners, without waiting for more.
    /// Returns how many there were, or `None` for a store without such notifications. A pool calls it
    /// whenever something arrives on the socket of the last answer, or often if that answer had no socket.
    /// Defaults to `None`.
    async fn listen(&self) -> Result<Option<Heard>, StoreError> {
        Ok(None)
    }

    /// Returns the tables of the store, if a transaction of the program can write to them: `finish_in` needs
    /// them. Defaults to `None`.
    fn tables(&self) -> Option<Tables> {
        None
    }

    /// Returns a connection for [lock-claims](LockClaims), if the store has them. A pool calls it once for
    /// each of its slots, 0 and 1. Defaults to `None`.
    fn lock_claims(&self, _slot: i16) -> Option<Box<dyn LockClaims>> {
        None
    }
}
