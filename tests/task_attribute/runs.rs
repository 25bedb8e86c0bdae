//! Runs: what a function is given, and what becomes of its result.

use fang::{NewTask, Run, State};
use std::collections::HashMap;

/// An error of the application, with a cause.
#[derive(Debug)]
struct Refused(std::num::ParseIntError);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the mail was refused")
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

macro_rules! runs {
    ([$($async:tt)?] [$($await:tt)*] $insert:ident $mode:ident $queueable:ident) => {
        use crate::runs::{HashMap, NewTask, Refused, Run, State};
        use crate::{Heard, PATIENCE, Told, has_failed, telephone};

        /// Welcomes a user, and then says goodbye to them.
        #[fang::task(task_type = "runs")]
        pub $($async)? fn welcome(mut user: i64, run: &Run, told: State<Told>) -> Result<(), fang::QueueError> {
            told.tell(format!("welcome {user}, run {} of {}", run.attempt(), run.id()));
            user += 1;
            run.$insert(goodbye(user, "Ada".to_owned()))$($await)*?;
            Ok(())
        }

        #[fang::task(task_type = "runs")]
        pub $($async)? fn goodbye(user: i64, name: String, one: State<Told>, other: State<Told>) {
            one.tell(format!("goodbye {user}"));
            other.tell(name);
        }

        #[fang::task(task_type = "runs", max_retries = 0)]
        $($async)? fn fails_by_text(told: State<Told>) -> Result<(), String> {
            told.tell("fails");
            Err("no such user".to_owned())
        }

        #[fang::task(task_type = "runs", max_retries = 0)]
        $($async)? fn fails_by_anyhow() -> anyhow::Result<()> {
            use anyhow::Context;
            "x".parse::<u8>().context("the age")?;
            Ok(())
        }

        #[fang::task(task_type = "runs", max_retries = 0)]
        $($async)? fn fails_by_eyre() -> eyre::Result<()> {
            use eyre::WrapErr;
            "x".parse::<u8>().wrap_err("the age")?;
            Ok(())
        }

        #[fang::task(task_type = "runs", max_retries = 0)]
        $($async)? fn fails_by_own_error() -> Result<(), Refused> {
            "x".parse::<u8>().map(|_| ()).map_err(Refused)
        }

        #[fang::task(task_type = "runs", max_retries = 0)]
        $($async)? fn fails_by_fang_error() -> Result<(), fang::FangError> {
            Err(fang::FangError::new("as before"))
        }

        #[fang::task(task_type = "runs", max_retries = 2, backoff = "constant(1ms)")]
        $($async)? fn fails_twice(run: &Run, told: State<Told>) -> Result<(), &'static str> {
            told.tell(format!("attempt {}", run.attempt()));
            if run.attempt() < 3 { Err("not yet") } else { Ok(()) }
        }

        #[fang::task(task_type = "runs")]
        $($async)? fn unserializable(map: HashMap<Vec<u8>, u8>) {
            let _ = map;
        }

        /// Takes the queue itself.
        #[fang::task(task_type = "runs")]
        $($async)? fn by_queue(queue: &dyn $queueable, told: State<Told>) -> Result<(), fang::QueueError> {
            let task = queue.insert(goodbye(1, "Bob".to_owned()))$($await)*?;
            told.tell(task.kind().unwrap_or_default());
            Ok(())
        }

        /// Starts a pool, and gives what its tasks tell.
        async fn pool<Q: Backend>(queue: &Q) -> (WorkerPool<Q>, Heard) {
            let (told, heard) = telephone();
            let mut pool = WorkerPool::builder()
                .number_of_workers(2_u32)
                .queue(queue.clone())
                .task_type("runs")
                .state(told)
                .build();
            pool.start()$($await)*.unwrap();
            (pool, heard)
        }

        over_each_store! {
            $mode:
            a_function_runs_with_its_arguments_its_run_and_the_values_of_its_pool,
            the_saved_json_is_that_of_a_struct_of_this_name,
            every_error_becomes_the_message_of_its_row,
            a_function_that_fails_runs_again,
            an_argument_that_cannot_be_saved_is_an_error_of_the_insert,
            a_function_may_take_its_queue,
        }

        async fn a_function_runs_with_its_arguments_its_run_and_the_values_of_its_pool(queue: impl Backend) {
            let (mut pool, mut heard) = pool(&queue).await;
            let task = queue.insert(welcome(7))$($await)*.unwrap();
            assert_eq!(heard.next().await, format!("welcome 7, run 1 of {}", task.id));
            assert_eq!([heard.next().await, heard.next().await], ["goodbye 8", "Ada"]);
            pool.shutdown(PATIENCE)$($await)*;
            assert!(queue.list_tasks(&fang::Filter::default())$($await)*.unwrap().is_empty());
        }

        async fn the_saved_json_is_that_of_a_struct_of_this_name(queue: impl Backend) {
            let saved = queue.insert(goodbye(7, "Ada".to_owned()))$($await)*.unwrap();
            let json = r#"{"type":"goodbye","user":7,"name":"Ada"}"#;
            assert_eq!(saved.metadata, json.parse::<serde_json::Value>().unwrap());
            queue.remove_task(saved.id)$($await)*.unwrap();
            // A task that was saved by a program of a struct of this name.
            let by_struct = NewTask::new(json.to_owned(), "runs".to_owned(), saved.mode);
            queue.insert(by_struct)$($await)*.unwrap();
            let (mut pool, mut heard) = pool(&queue).await;
            assert_eq!([heard.next().await, heard.next().await], ["goodbye 7", "Ada"]);
            pool.shutdown(PATIENCE)$($await)*;
        }

        async fn every_error_becomes_the_message_of_its_row(queue: impl Backend) {
            let (mut pool, _heard) = pool(&queue).await;
            let expected = [
                (fails_by_text(), "no such user"),
                (fails_by_anyhow(), "the age: invalid digit found in string"),
                (fails_by_eyre(), "the age: invalid digit found in string"),
                (fails_by_own_error(), "the mail was refused: invalid digit found in string"),
                (fails_by_fang_error(), "as before"),
            ];
            for (task, message) in expected {
                let id = queue.insert(task)$($await)*.unwrap().id;
                let row = loop {
                    let row = queue.find_task_by_id(id)$($await)*.unwrap().unwrap();
                    if has_failed(&row) {
                        break row;
                    }
                    tokio::task::yield_now().await;
                };
                assert_eq!(row.error_message.as_deref(), Some(message));
            }
            pool.shutdown(PATIENCE)$($await)*;
        }

        async fn a_function_that_fails_runs_again(queue: impl Backend) {
            let (mut pool, mut heard) = pool(&queue).await;
            queue.insert(fails_twice())$($await)*.unwrap();
            for attempt in ["attempt 1", "attempt 2", "attempt 3"] {
                assert_eq!(heard.next().await, attempt);
            }
            pool.shutdown(PATIENCE)$($await)*;
            assert!(queue.list_tasks(&fang::Filter::default())$($await)*.unwrap().is_empty());
        }

        async fn an_argument_that_cannot_be_saved_is_an_error_of_the_insert(queue: impl Backend) {
            let task = unserializable([(vec![1], 1)].into()).priority(fang::Priority::High).unique_by(fang::Unique::key("a"));
            for error in [
                queue.insert(task.clone())$($await)*.map(|_| ()).unwrap_err(),
                queue.insert_tasks(vec![task.clone()])$($await)*.map(|_| ()).unwrap_err(),
                queue.schedule(task.clone().cron(fang::Cron::new("0 3 * * *")))$($await)*.map(|_| ()).unwrap_err(),
            ] {
                assert!(matches!(error, fang::QueueError::Payload(fang::PayloadError::Serialize(_))), "{error}");
            }
            assert!(queue.list_tasks(&fang::Filter::default())$($await)*.unwrap().is_empty());
        }

        async fn a_function_may_take_its_queue(queue: impl Backend) {
            let (mut pool, mut heard) = pool(&queue).await;
            queue.insert(by_queue())$($await)*.unwrap();
            let mut all = [heard.next().await, heard.next().await, heard.next().await];
            all.sort();
            assert_eq!(all, ["Bob", "goodbye", "goodbye 1"]);
            pool.shutdown(PATIENCE)$($await)*;
        }

        #[tokio::test]
        async fn a_test_calls_the_body() {
            let queue = fang::$mode::MemoryQueue::new();
            let ((told, mut heard), run) = (telephone(), queue.as_run());
            let told = State::new(told);
            welcome::call(7, &run, told.clone())$($await)*.unwrap();
            assert_eq!(heard.next().await, format!("welcome 7, run 0 of {}", fang::Uuid::nil()));
            let inserted = queue.list_tasks(&fang::Filter::default())$($await)*.unwrap();
            assert_eq!((inserted.len(), inserted[0].kind()), (1, Some(goodbye::KIND)));
            let error = welcome::call(7, &Run::default(), told)$($await)*.unwrap_err();
            assert!(matches!(error, fang::QueueError::NoQueue), "{error}");
        }
    };
}
in_both_modes!(runs);

#[test]
fn an_async_task_is_told_to_await_its_inserts() {
    let run = fang::AsyncQueueable::as_run(&fang::MemoryQueue::new());
    let error = run.blocking_insert(asynk::goodbye(1, String::new())).unwrap_err();
    assert!(
        matches!(error, fang::QueueError::MustAwait)
            && error.to_string().contains("await `run.insert(task)`")
    );
}

#[cfg(feature = "anyhow")]
mod by_traits {
    use anyhow::Context;
    use fang::{AsyncQueueable, AsyncRunnable, AsyncWorkerPool, Event, FangError, MemoryQueue};
    use fang::{async_trait, typetag};
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Aged(String);

    #[typetag::serde]
    #[async_trait]
    impl AsyncRunnable for Aged {
        async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
            self.0.parse::<u8>().context("the age")?;
            Ok(())
        }

        fn max_retries(&self) -> i32 {
            0
        }
    }

    #[tokio::test]
    async fn the_question_mark_in_run_of_a_trait_takes_an_error_of_anyhow() {
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let queue = MemoryQueue::new();
        queue.insert_task(&Aged("x".to_owned())).await.unwrap();
        let pool = AsyncWorkerPool::builder().number_of_workers(1).queue(queue).on_event(move |event| {
            if let Event::Failed { error, .. } = event {
                let _ = tell.send(error.to_string());
            }
        });
        let mut pool = pool.build();
        pool.start().await.unwrap();
        let error = tokio::time::timeout(crate::PATIENCE, told.recv()).await.unwrap();
        assert_eq!(error.as_deref(), Some("the age: invalid digit found in string"));
        pool.shutdown(crate::PATIENCE).await;
    }
}
