//! Code that reads older arguments and panics.

use fang::serde_json::Value;
use log::{LevelFilter, Log, Metadata, Record};
use std::cell::Cell;
use std::sync::Mutex;

thread_local! {
    /// Whether this thread reads older arguments without a panic. Those of tests do while they insert some; those of pools
    /// never do.
    static READS: Cell<bool> = const { Cell::new(false) };
}

fn upgrade(_: u32, saved: Value) -> Value {
    assert!(READS.get(), "no such field");
    saved
}

/// The warnings of all tests.
static WARNED: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Collector;

impl Log for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        WARNED.lock().unwrap().push(record.args().to_string());
    }

    fn flush(&self) {}
}

fn collect_warnings() {
    let _ = log::set_logger(&Collector);
    log::set_max_level(LevelFilter::Warn);
}

fn was_warned(words: &[&str]) -> bool {
    WARNED.lock().unwrap().iter().any(|line| words.iter().all(|word| line.contains(word)))
}

macro_rules! panics {
    ([$($async:tt)?] [$($await:tt)*] $insert:ident $mode:ident $queueable:ident) => {
        use crate::PATIENCE;
        use crate::panics::READS;
        use fang::{Cron, Declared, Event, NewTask, PayloadError, QueueError};
        use tokio::sync::mpsc;

        #[fang::task(
            version = 2, upgrade = crate::panics::upgrade, aliases = ["unread"], task_type = "unread", max_retries = 1,
            backoff = "constant(0s)",
        )]
        $($async)? fn unreadable(user: i64) {
            let _ = user;
        }

        /// Has other retries for each user.
        #[fang::task(
            version = 2, upgrade = crate::panics::upgrade, max_retries = i32::try_from(self.user).unwrap_or(0),
        )]
        $($async)? fn by_user(user: i64) {
            let _ = user;
        }

        fn saved(kind: &str) -> NewTask {
            let (mode, task_type) = (unreadable::DECLARATION.mode, unreadable::DECLARATION.task_type);
            NewTask::new(format!(r#"{{"type":"{kind}","user":7}}"#), task_type.to_owned(), mode)
        }

        over_each_store! {
            $mode:
            a_task_that_cannot_be_read_is_retried_as_its_kind_says,
            an_upgrade_that_panics_keeps_no_cron_from_being_scheduled,
            a_payload_whose_code_panics_is_refused,
        }

        #[test]
        fn only_retries_that_are_the_same_for_all_tasks_are_declared() {
            let by_kind = unreadable::DECLARATION.retries;
            assert_eq!(by_kind.max.map(|max| max()), Some(1));
            assert!(by_kind.backoff.is_some());
            assert!(by_user::DECLARATION.retries.max.is_none());
        }

        async fn a_task_that_cannot_be_read_is_retried_as_its_kind_says(queue: impl Backend) {
            let (tell, mut told) = mpsc::unbounded_channel();
            let pool = WorkerPool::builder().number_of_workers(1_u32).queue(queue.clone()).task_type("unread");
            let mut pool = pool.on_event(move |event| if let Event::Failed { task, error, .. } = event {
                let _ = tell.send((task.id, task.attempt, error.to_string()));
            }).build();
            pool.start()$($await)*.unwrap();
            READS.set(true);
            for kind in ["unreadable", "unread"] {
                let task = queue.insert(saved(kind))$($await)*.unwrap();
                let failed = tokio::time::timeout(PATIENCE, told.recv()).await.expect("two runs are enough");
                assert_eq!(failed, Some((task.id, 2, "the task panicked: no such field".to_owned())));
            }
            pool.shutdown(PATIENCE)$($await)*;
        }

        async fn an_upgrade_that_panics_keeps_no_cron_from_being_scheduled(queue: impl Backend) {
            crate::panics::collect_warnings();
            let hourly = || Cron::every(std::time::Duration::from_secs(3600));
            let old = saved("unread").cron(hourly());
            READS.set(true);
            queue.schedule(old.clone())$($await)*.unwrap();
            READS.set(false);
            let new = unreadable(7).cron(hourly());
            queue.schedule(new.clone())$($await)*.unwrap();
            let names = [old.cron_name(), new.cron_name()];
            let crons = queue.admin().unwrap().list_crons()$($await)*.unwrap();
            assert!(crons.len() == 2 && crons.iter().all(|cron| names.contains(&cron.name)), "{crons:?}");
            assert!(crate::panics::was_warned(&[&names[0], "(unread)", &names[1], "no such field"]));
        }

        async fn a_payload_whose_code_panics_is_refused(queue: impl Backend) {
            let refused = [
                queue.insert(saved("unread"))$($await)*.err(),
                queue.insert_tasks(vec![saved("unread"); 2])$($await)*.err(),
                queue.schedule(saved("unread").cron(Cron::new("0 * * * *")))$($await)*.err(),
            ];
            let is_it = |error: &Option<QueueError>| matches!(
                error,
                Some(QueueError::Payload(PayloadError::Panicked { kind })) if kind == "unread"
            );
            assert!(refused.iter().all(is_it), "{refused:?}");
        }
    };
}
in_both_modes!(panics);
