//! Stores with tasks, and a dashboard over them.

use crate::browser::TOKEN;
use axum::Router;
use fang::asynk::{Admin, Handle};
use fang::{AsyncBackend, AsyncQueue, Cron, MemoryQueue, NewTask, NoTls};
use fang_test_support::TestDatabase;
use fang_web::Dashboard;
use serde_json::json;
use uuid::Uuid;

/// A store, and its dashboard.
pub(crate) struct Fleet {
    pub(crate) admin: Admin,
    pub(crate) handle: Handle,
    pub(crate) routes: Router,
    /// Dropped at the end.
    pub(crate) database: Option<TestDatabase>,
}

impl Fleet {
    pub(crate) fn in_memory() -> Self {
        Self::over(&MemoryQueue::new(), None)
    }

    pub(crate) async fn in_postgres() -> Self {
        Self::with_queue().await.0
    }

    pub(crate) async fn with_queue() -> (Self, AsyncQueue) {
        let database = TestDatabase::create().await.unwrap();
        let mut queue = AsyncQueue::builder().uri(database.uri()).max_pool_size(2_u32).build();
        queue.connect(NoTls).await.unwrap();
        queue.migrate().await.unwrap();
        (Self::over(&queue, Some(database)), queue)
    }

    /// Connects to the database anew, since settings of a database are those of later connections.
    pub(crate) async fn connect_again(&mut self) {
        let uri = self.database.as_ref().unwrap().uri();
        let mut queue = AsyncQueue::builder().uri(uri).max_pool_size(2_u32).build();
        queue.connect(NoTls).await.unwrap();
        (self.admin, self.handle) = (queue.admin().unwrap(), queue.handle().unwrap());
    }

    pub(crate) async fn both() -> [Self; 2] {
        [Self::in_memory(), Self::in_postgres().await]
    }

    pub(crate) fn over(queue: &impl AsyncBackend, database: Option<TestDatabase>) -> Self {
        let admin = queue.admin().unwrap();
        let routes = Dashboard::with_token(admin.clone(), TOKEN).unwrap().routes();
        Self { admin, handle: queue.handle().unwrap(), routes, database }
    }

    /// The dashboard as this makes it.
    pub(crate) fn with(&self, change: impl FnOnce(Dashboard) -> Dashboard) -> Router {
        change(Dashboard::with_token(self.admin.clone(), TOKEN).unwrap()).routes()
    }

    pub(crate) async fn insert(&self, task: NewTask) -> Uuid {
        self.handle.insert(task).await.unwrap().id
    }

    /// A task that was cancelled, and so has failed.
    pub(crate) async fn failed(&self, kind: &str) -> Uuid {
        let id = self.insert(mail(kind)).await;
        assert!(self.admin.cancel(id).await.unwrap());
        id
    }

    pub(crate) async fn cron(&self) -> String {
        self.admin.set_cron("nightly", Cron::new("0 3 * * *"), mail("Report")).await.unwrap()
    }

    pub(crate) async fn state(&self, id: Uuid) -> &'static str {
        self.admin.find(id).await.unwrap().map_or("gone", |task| task.state.as_str())
    }
}

pub(crate) fn mail(kind: &str) -> NewTask {
    NewTask::of_kind(kind, json!({ "user": { "id": 9_007_199_254_740_993_u64 } })).task_type("mail")
}
