//! A queue over a fresh store, and the reports of its tasks.

use super::{Act, Both, Client, How, Mode, Options, PATIENCE, PoolBuilder, Queue, Report, Stage};
use async_channel::Receiver;
use fang_core::{FangTaskState, NewTask, Task};
use fang_test_support::{PgBouncer, Template, TestDatabase, find_binaries};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use uuid::Uuid;

/// How often a test polls for a condition without a signal. More often would take processor time from the code
/// under test.
const LOOK_EVERY: Duration = Duration::from_millis(5);

pub struct World {
    pub mode: Mode,
    pub queue: Queue,
    pub stage: Stage,
    told: Receiver<Report>,
    server: Option<Server>,
}

/// The resources that exist until the test is over.
struct Server {
    client: tokio_postgres::Client,
    _bouncer: Option<PgBouncer>,
    database: TestDatabase,
}

/// Options with few connections, so that a test may have many queues.
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
        Self::in_database(mode, migrated(mode).await).await
    }

    pub async fn pgbouncer(mode: Mode) -> Self {
        let database = migrated(mode).await;
        let bouncer = PgBouncer::start(database.uri(), 3).await.unwrap();
        let queue = mode.queue_with(bouncer.uri(), &small(true));
        let client = database.client().await.unwrap();
        Self::over(mode, queue, Some(Server { client, _bouncer: Some(bouncer), database }))
    }

    /// Makes a world over an empty database.
    pub async fn without_schema(mode: Mode) -> Self {
        Self::in_database(mode, TestDatabase::create().await.unwrap()).await
    }

    pub async fn in_database(mode: Mode, database: TestDatabase) -> Self {
        let (client, queue) = (database.client().await.unwrap(), mode.queue(database.uri()));
        Self::over(mode, queue, Some(Server { client, _bouncer: None, database }))
    }

    /// Makes a world over an existing database.
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

    /// Opens a connection of the application, with the driver of the mode.
    pub async fn connect(&self) -> Client {
        Client::connect(self.mode, self.uri()).await.unwrap()
    }

    /// Runs statements.
    pub async fn run(&self, sql: &str) {
        self.client().batch_execute(sql).await.unwrap();
    }

    /// Returns the number that a query returns.
    pub async fn number(&self, sql: &str) -> i64 {
        self.client().query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Waits until a query returns this number.
    pub async fn until_number(&self, sql: &str, number: i64) {
        until(async || self.number(sql).await == number).await;
    }

    /// Waits until there are no tasks.
    pub async fn is_empty(&self) {
        self.until_number("SELECT count(*) FROM fang_tasks", 0).await;
    }

    /// Waits until a pool that was declared dead has sent a beat with a new worker id.
    pub async fn goes_on_after(&self, worker: i64) {
        let beats = format!("SELECT count(*) FROM fang_workers WHERE id > {worker} AND beat_at > started_at");
        until(async || self.number(&beats).await > 0).await;
    }

    /// Waits longer than the 100 ms in which further notifications are suppressed.
    pub async fn quiet(&self) {
        tokio::time::sleep(Duration::from_millis(110)).await;
    }

    pub fn pool(&self, workers: u32) -> PoolBuilder {
        self.queue.pool(workers, &self.stage)
    }

    pub fn new_task(&self, task: &dyn Both) -> NewTask {
        self.mode.new_task(task)
    }

    /// Inserts a task of this mode as another program would: without any check of its payload.
    pub async fn insert_unchecked(&self, payload: &str) -> Task {
        let task = NewTask::new(payload.to_owned(), "common".to_owned(), self.mode.of_rows());
        let inserted = self.queue.admin().insert(&[task.with_id(Uuid::now_v7())]).await.unwrap();
        Task::new(inserted[0].id, serde_json::Value::Null)
    }

    /// Inserts an [`Act`].
    pub async fn act(&self, name: &str, how: How) -> Task {
        self.queue.insert_task(&Act::new(name, how)).await.unwrap()
    }

    pub async fn act_many(&self, count: usize, how: How) {
        let tasks = (0..count).map(|n| self.new_task(&Act::new(&n.to_string(), how.clone())));
        self.queue.insert_tasks(tasks.collect()).await.unwrap();
    }

    /// Makes an [`Act`] with this task type, which is also its name.
    pub fn of_type(&self, task_type: &str, how: How) -> NewTask {
        self.new_task(&Act::new(task_type, how)).task_type(task_type)
    }

    /// Waits for the report of the next task that starts.
    pub async fn next(&self) -> Report {
        tokio::time::timeout(PATIENCE, self.told.recv()).await.expect("a task should start").unwrap()
    }

    /// Waits for the next task that starts. Returns its name.
    pub async fn heard(&self) -> String {
        self.next().await.name
    }

    /// Returns the reports that have arrived. These are all, if no pool runs any more.
    pub fn told(&self) -> Vec<Report> {
        std::iter::from_fn(|| self.told.try_recv().ok()).collect()
    }

    /// Returns all reports until the last pool and the last run have ended.
    pub async fn told_to_the_end(&mut self) -> Vec<Report> {
        self.stage.forget();
        let mut told = Vec::new();
        while let Ok(report) = tokio::time::timeout(PATIENCE, self.told.recv()).await.unwrap() {
            told.push(report);
        }
        told
    }

    /// Waits until `is_it` is true for the row of a task (`None` if there is no row). Returns the row.
    pub async fn row_when(&self, task: &Task, is_it: impl Fn(Option<&Task>) -> bool) -> Option<Task> {
        let mut row = None;
        until(async || {
            row = self.queue.find_task_by_id(task.id).await.unwrap();
            is_it(row.as_ref())
        })
        .await;
        row
    }

    /// Waits until a task is in this state. Returns its row.
    pub async fn row_in(&self, task: &Task, state: FangTaskState) -> Task {
        self.row_when(task, |row| row.is_some_and(|row| row.state == state)).await.unwrap()
    }

    /// Dumps the database with these options of pg_dump, and restores it as a new one.
    pub async fn restored(&self, options: &[&str]) -> TestDatabase {
        let path = std::env::var_os("PATH");
        let bin = find_binaries(path.as_deref(), Path::new("/usr/lib/postgresql")).unwrap();
        let restored = TestDatabase::create().await.unwrap();
        let mut dump = Command::new(bin.join("pg_dump"));
        let mut dump = dump.args(options).arg(self.uri()).stdout(Stdio::piped()).spawn().unwrap();
        let restore = Command::new(bin.join("psql"))
            .args(["--quiet", "--set", "ON_ERROR_STOP=1", restored.uri()])
            .stdin(dump.stdout.take().unwrap())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(restore.success() && dump.wait().unwrap().success());
        restored
    }

    /// Waits until the row of a task is gone.
    pub async fn gone(&self, task: &Task) {
        self.row_when(task, |row| row.is_none()).await;
    }

    /// Counts the tasks in a state.
    pub async fn count(&self, state: FangTaskState) -> u64 {
        let counts = self.queue.count_tasks().await.unwrap();
        counts.iter().filter(|count| count.state == state).map(|count| count.tasks).sum()
    }

    /// Waits until this many tasks are in a state.
    pub async fn until_in_state(&self, state: FangTaskState, count: u64) {
        until(async || self.count(state).await == count).await;
    }
}

/// Creates a database with the tables.
async fn migrated(mode: Mode) -> TestDatabase {
    static MIGRATED: Template = Template::new();
    let migrate = async |database: &TestDatabase| {
        mode.queue(database.uri()).migrate().await.unwrap();
        Ok(())
    };
    MIGRATED.copy(migrate).await.unwrap()
}

/// Waits until a condition is true.
pub async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let held = async {
        while !holds().await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(PATIENCE, held).await.expect("the condition should become true");
}
