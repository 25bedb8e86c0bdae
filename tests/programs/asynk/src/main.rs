//! A service as it was written for the async mode of fang 0.10. It sends mails.

use fang::asynk::async_queue::AsyncQueue;
use fang::asynk::async_worker_pool::AsyncWorkerPool;
use fang::asynk::{AsyncQueueError, AsyncQueueable, AsyncRunnable};
use fang::serde::{Deserialize, Serialize};
use fang::{async_trait, typetag, FangError, NoTls, Scheduled, SleepParams, Task, ToFangError, Utc};
use std::time::Duration;
use uuid::Uuid;

#[derive(Debug, ToFangError)]
enum MailError {
    Queue(#[allow(dead_code)] fang::AsyncQueueError),
    Refused(#[allow(dead_code)] std::io::Error),
}

impl From<AsyncQueueError> for MailError {
    fn from(error: AsyncQueueError) -> Self {
        MailError::Queue(error)
    }
}

impl From<std::io::Error> for MailError {
    fn from(error: std::io::Error) -> Self {
        MailError::Refused(error)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "fang::serde")]
struct Welcome {
    ticket: String,
    address: String,
}

#[async_trait]
#[typetag::serde]
impl AsyncRunnable for Welcome {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        deliver(queue, &self.address).await?;
        println!("the mail {} is on its way", self.ticket);
        Ok(())
    }

    fn task_type(&self) -> String {
        "mail".to_string()
    }

    fn uniq(&self) -> bool {
        true
    }

    fn max_retries(&self) -> i32 {
        5
    }
}

async fn deliver(queue: &mut dyn AsyncQueueable, address: &str) -> Result<(), MailError> {
    if address.is_empty() {
        return Err(std::io::Error::other("no address").into());
    }
    queue.insert_task(&Remind { address: address.to_string() } as &dyn AsyncRunnable).await?;
    Ok(())
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "fang::serde")]
struct Remind {
    address: String,
}

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Remind {
    async fn run(&self, _queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        println!("{} was reminded", self.address);
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::ScheduleOnce(Utc::now() + fang::chrono::Duration::days(3)))
    }
}

async fn insert(queue: &mut AsyncQueue<NoTls>) -> Result<Task, AsyncQueueError> {
    let mail = Welcome { ticket: Uuid::new_v4().to_string(), address: "ada@example.org".to_string() };
    let task = queue.insert_task(&mail as &dyn AsyncRunnable).await?;
    queue.schedule_task(&Remind { address: mail.address.clone() } as &dyn AsyncRunnable).await?;
    let removed: u64 = queue.remove_tasks_type("newsletter").await?;
    println!("removed {removed} tasks");
    Ok(task)
}

#[tokio::main]
async fn main() {
    let uri = std::env::var("DATABASE_URL").unwrap_or_else(|_| "postgres://localhost/mails".to_string());
    let mut queue = AsyncQueue::builder().uri(uri).max_pool_size(2_u32).build();
    queue.connect(NoTls).await.expect("failed to connect");
    insert(&mut queue).await.expect("failed to insert");

    let mut pool: AsyncWorkerPool<AsyncQueue<NoTls>> = AsyncWorkerPool::builder()
        .number_of_workers(10_u32)
        .queue(queue)
        .task_type("mail")
        .sleep_params(SleepParams { sleep_period: Duration::from_secs(5), ..SleepParams::default() })
        .build();
    pool.start().await;
    tokio::signal::ctrl_c().await.expect("failed to listen");
}
