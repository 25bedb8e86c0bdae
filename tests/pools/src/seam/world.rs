//! A queue over a fresh store, and the reports of the tasks of its pools.

use super::{Act, Both, Client, How, Mode, Options, PATIENCE, PoolBuilder, Queue, Report, Stage};
use async_channel::Receiver;
use fang_core::{FangTaskState, NewTask, Task};
use fang_test_support::{PgBouncer, TestDatabase};
use std::time::Duration;

/// How often a test checks a condition that has no signal. Not more often: the pool needs the processor as well.
const LOOK_EVERY: Duration = Duration::from_millis(2);

pub struct World {
    pub mode: Mode,
    pub queue: Queue,
    pub stage: Stage,
    told: Receiver<Report>,
    server: Option<Server>,
}

/// The database of a world, with the connections to it.
struct Server {
    client: tokio_postgres::Client,
    _bouncer: Option<PgBouncer>,
    database: TestDatabase,
}

/// Three connections a queue, so that many tests fit on one server.
fn small(pgbouncer: bool) -> Options {
    Options { max_pool_size: 3, pgbouncer, ..Options::default() }
}

impl World {
    fn over(mode: Mode, queue: Queue, server: Option<Server>) -> Self {
        let uri = server.as_ref().map_or("", |server| server.database.uri());
        let (stage, told) = Stage::new(uri);
        Self { mode, queue, stage, told, server }
    }

    pub async fn memory(mode: Mode) -> Self {
        Self::over(mode, mode.memory(), None)
    }

    pub async fn postgres(mode: Mode) -> Self {
        let world = Self::without_schema(mode).await;
        world.queue.migrate().await.unwrap();
        world
    }

    pub async fn pgbouncer(mode: Mode) -> Self {
        let database = TestDatabase::create().await.unwrap();
        let bouncer = PgBouncer::start(database.uri(), 3).await.unwrap();
        let queue = mode.queue_with(bouncer.uri(), &small(true));
        queue.migrate().await.unwrap();
        let client = database.client().await.unwrap();
        Self::over(mode, queue, Some(Server { client, _bouncer: Some(bouncer), database }))
    }

    /// An empty database.
    pub async fn without_schema(mode: Mode) -> Self {
        Self::in_database(mode, TestDatabase::create().await.unwrap()).await
    }

    pub async fn in_database(mode: Mode, database: TestDatabase) -> Self {
        let (client, queue) = (database.client().await.unwrap(), mode.queue(database.uri()));
        Self::over(mode, queue, Some(Server { client, _bouncer: None, database }))
    }

    /// A world over a database that the test does not own, as that of another process or server.
    pub fn at(mode: Mode, uri: &str) -> Self {
        let (stage, told) = Stage::new(uri);
        Self { mode, queue: mode.queue(uri), stage, told, server: None }
    }

    fn server(&self) -> &Server {
        self.server.as_ref().expect("the world has a server")
    }

    pub fn database(&self) -> &TestDatabase {
        &self.server().database
    }

    pub fn uri(&self) -> &str {
        self.database().uri()
    }

    /// The connection of the test itself.
    pub fn client(&self) -> &tokio_postgres::Client {
        &self.server().client
    }

    /// A connection of the application, by the driver of its mode.
    pub async fn connect(&self) -> Client {
        Client::connect(self.mode, self.uri()).await.unwrap()
    }

    /// Runs statements.
    pub async fn run(&self, sql: &str) {
        self.client().batch_execute(sql).await.unwrap();
    }

    /// One number that a query returns.
    pub async fn number(&self, sql: &str) -> i64 {
        self.client().query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Waits until a query returns this number.
    pub async fn until_number(&self, sql: &str, number: i64) {
        until(async || self.number(sql).await == number).await;
    }

    /// Waits until the table of tasks is empty.
    pub async fn is_empty(&self) {
        self.until_number("SELECT count(*) FROM fang_tasks", 0).await;
    }

    /// Waits until a pool whose worker was declared dead has beaten under a new worker id.
    pub async fn goes_on_after(&self, worker: i64) {
        let beats = format!("SELECT count(*) FROM fang_workers WHERE id > {worker} AND beat_at > started_at");
        until(async || self.number(&beats).await > 0).await;
    }

    /// Waits 110 ms: at most one notification a task type is sent in 100 ms.
    pub async fn quiet(&self) {
        tokio::time::sleep(Duration::from_millis(110)).await;
    }

    pub fn pool(&self, workers: u32) -> PoolBuilder {
        self.queue.pool(workers, &self.stage)
    }

    pub fn new_task(&self, task: &dyn Both) -> NewTask {
        self.mode.new_task(task)
    }

    /// Inserts an [`Act`].
    pub async fn act(&self, name: &str, how: How) -> Task {
        self.queue.insert_task(&Act::new(name, how)).await.unwrap()
    }

    pub async fn act_many(&self, count: usize, how: How) {
        let tasks = (0..count).map(|n| self.new_task(&Act::new(&n.to_string(), how.clone())));
        self.queue.insert_tasks(tasks.collect()).await.unwrap();
    }

    /// An act of this task type, with the task type as its name.
    pub fn of_type(&self, task_type: &str, how: How) -> NewTask {
        self.new_task(&Act::new(task_type, how)).task_type(task_type)
    }

    /// The report of the next task that starts.
    pub async fn next(&self) -> Report {
        tokio::time::timeout(PATIENCE, self.told.recv()).await.expect("a task should start").unwrap()
    }

    /// The name of the next task that starts.
    pub async fn heard(&self) -> String {
        self.next().await.name
    }

    /// The reports so far that were not read yet.
    pub fn told(&self) -> Vec<Report> {
        std::iter::from_fn(|| self.told.try_recv().ok()).collect()
    }

    /// All reports until the last pool and the last run are dropped.
    pub async fn told_to_the_end(&mut self) -> Vec<Report> {
        self.stage.forget();
        let mut told = Vec::new();
        while let Ok(report) = tokio::time::timeout(PATIENCE, self.told.recv()).await.unwrap() {
            told.push(report);
        }
        told
    }

    /// The row of a task, once `is_it` returns true for it. Without a row, `is_it` gets `None`.
    pub async fn row_when(&self, task: &Task, is_it: impl Fn(Option<&Task>) -> bool) -> Option<Task> {
        let mut row = None;
        until(async || {
            row = self.queue.find_task_by_id(task.id).await.unwrap();
            is_it(row.as_ref())
        })
        .await;
        row
    }

    /// The row of a task, once it is in this state.
    pub async fn row_in(&self, task: &Task, state: FangTaskState) -> Task {
        self.row_when(task, |row| row.is_some_and(|row| row.state == state)).await.unwrap()
    }

    /// Waits until the row of a task is gone.
    pub async fn gone(&self, task: &Task) {
        self.row_when(task, |row| row.is_none()).await;
    }

    /// How many tasks are in a state.
    pub async fn count(&self, state: FangTaskState) -> u64 {
        let counts = self.queue.count_tasks().await.unwrap();
        counts.iter().filter(|count| count.state == state).map(|count| count.tasks).sum()
    }

    /// Waits until this many tasks are in a state.
    pub async fn until_in_state(&self, state: FangTaskState, count: u64) {
        until(async || self.count(state).await == count).await;
    }
}

/// Waits until a condition is true.
pub async fn until(mut is_true: impl AsyncFnMut() -> bool) {
    let waited = async {
        while !is_true().await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.expect("the condition should become true in time");
}
