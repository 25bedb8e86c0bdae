//! A fleet that works, and a server of its dashboard.

use fang::asynk::Admin;
use fang::{AsyncBackend, AsyncQueue, AsyncQueueable, AsyncWorkerPool, Cron, NewTask, NoTls};
use fang_test_support::TestDatabase;
use fang_web::Dashboard;
use serde_json::json;
use std::time::Duration;

pub(crate) const TOKEN: &str = "a secret of the browser";

/// A dashboard that is served, over a database of its own.
pub(crate) struct Shop {
    pub(crate) queue: AsyncQueue,
    pub(crate) admin: Admin,
    pub(crate) server: String,
    database: TestDatabase,
    pool: Option<AsyncWorkerPool<AsyncQueue>>,
}

#[fang::task(task_type = "mail", max_retries = 0)]
async fn send_mail(user: u64) -> Result<(), String> {
    tokio::time::sleep(Duration::from_millis(user % 7)).await;
    match user % 40 {
        0 => Err(format!("connection refused by smtp.example.com after {user} ms")),
        20 => Err("no such address\nat mail.rs:7".to_owned()),
        _ => Ok(()),
    }
}

#[fang::task(task_type = "report")]
async fn long_report(_year: u16) {
    std::future::pending::<()>().await;
}

impl Shop {
    /// A shop without tasks.
    pub(crate) async fn empty() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let mut queue = AsyncQueue::builder().uri(database.uri()).max_pool_size(3_u32).build();
        queue.connect(NoTls).await.unwrap();
        queue.migrate().await.unwrap();
        let admin = queue.admin().unwrap();
        let routes = Dashboard::with_token(admin.clone(), TOKEN).unwrap().title("shop").routes();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://localhost:{}/fang", listener.local_addr().unwrap().port());
        let app = axum::Router::new().nest_service("/fang", routes);
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { queue, admin, server, database, pool: None }
    }

    /// A shop with tasks of all states, crons, and a pool.
    pub(crate) async fn busy() -> Self {
        let mut shop = Self::empty().await;
        shop.remember().await;
        let mut pool = AsyncWorkerPool::builder()
            .number_of_workers(6_u32)
            .task_types([("mail", 3), ("report", 1)])
            .queue(shop.queue.clone())
            .build();
        pool.start().await.unwrap();
        shop.pool = Some(pool);
        let mails = (1..400).map(send_mail).collect();
        shop.queue.insert_tasks(mails).await.unwrap();
        for year in [2025, 2026] {
            shop.queue.insert(long_report(year)).await.unwrap();
        }
        while shop.admin.depth("mail").await.unwrap().waiting.count > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        shop.wait_and_tick().await;
        shop
    }

    /// Tasks that wait, and crons.
    async fn wait_and_tick(&self) {
        for user in 0..5_u64 {
            let payload =
                json!({ "user": { "id": user, "name": "Ada Lovelace" }, "order": 9_007_199_254_740_993_u64 });
            let task = NewTask::of_kind("invoice", payload).task_type("billing").tags(["vip"]);
            self.queue.insert(task.delay(Duration::from_secs(user * 3_600))).await.unwrap();
        }
        let report = || NewTask::of_kind("long_report", json!({ "_year": 2026 })).task_type("report");
        self.admin
            .set_cron("nightly", Cron::new("0 3 * * *").time_zone("Europe/Berlin"), report())
            .await
            .unwrap();
        self.admin.set_cron("weekly", Cron::new("0 6 * * MON"), report()).await.unwrap();
        self.admin.pause("billing").await.unwrap();
    }

    /// What the pools of three days would have counted, and of 180 days for the hours.
    async fn remember(&self) {
        let sql = "INSERT INTO fang_minutes (is_hour, minute, is_kind, name, counts)
            SELECT is_hour, date_trunc(per, now()) - n * ('1 ' || per)::interval, is_kind, name, jsonb_build_object(
                'started', runs, 'finished', runs - runs / 50, 'failed', runs / 50, 'us', runs * 5000,
                'b22', runs / 2, 'b24', runs / 3, 'b27', runs / 8, 'b30', runs / 40,
                'wus', runs * 90000, 'w28', runs / 2, 'w31', runs / 3, 'w34', runs / 8, 'w40', runs / 40)
            FROM generate_series(1, 4319) AS n, (VALUES (false, 'minute'), (true, 'hour')) AS spans (is_hour, per),
                (VALUES (false, 'mail', 900), (false, 'report', 120), (false, 'image', 340), (true, 'send_mail', 880),
                    (true, 'bounce', 20), (true, 'long_report', 120), (true, 'resize', 340)) AS named (is_kind, name, most),
                LATERAL (SELECT (most * (1.2 + sin(n / 200.0) + 0.2 * sin(n * 7)))::int AS runs) AS r";
        self.database.client().await.unwrap().execute(sql, &[]).await.unwrap();
    }

    /// Failed tasks, so many.
    pub(crate) async fn fail(&self, tasks: i64) {
        let sql = "INSERT INTO fang_tasks (metadata, task_type, state, error_message)
            SELECT jsonb_build_object('type', 'old_mail', 'user', n), 'old', 'failed', 'gone' FROM generate_series(1, $1::bigint) AS n";
        self.database.client().await.unwrap().execute(sql, &[&tasks]).await.unwrap();
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // The database goes, and the long tasks with it.
        self.pool.take();
    }
}
