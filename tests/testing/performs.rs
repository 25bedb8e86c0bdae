//! One task is run as a pool does.

macro_rules! performs {
    ([$($async:ident)?] [$($wait:tt)*] [$($done:tt)*] $insert:ident) => {
        use crate::HOUR;
        use fang::testing::{Outcome, assert_inserted, perform};
        use fang::{QueueError, Run, State};
        use std::sync::atomic::{AtomicU32, Ordering};
        use std::sync::Arc;

        #[fang::task]
        $($async)? fn index(page: u32) {}

        #[fang::task]
        $($async)? fn publish(pages: Vec<u32>, run: &Run) -> Result<(), QueueError> {
            for page in pages {
                run.$insert(index(page))$($wait)*?;
            }
            Ok(())
        }

        #[fang::task(max_retries = 2, backoff = "constant(1h)")]
        $($async)? fn fails(panics: bool) -> Result<(), String> {
            assert!(!panics, "out of range");
            Err("no such page".to_owned())
        }

        #[fang::task]
        $($async)? fn asks(wish: String, run: &Run, secret: State<String>) -> Result<(), String> {
            match wish.as_str() {
                "attempt" => return Err(format!("{} {}", run.attempt(), *secret)),
                "header" => return Err(run.header("tenant").unwrap_or_default().to_owned()),
                "snooze" => run.snooze(HOUR),
                _ => run.cancel("no such page"),
            }
            Ok(())
        }

        fn ask(wish: &str) -> fang::NewTask {
            asks(wish.to_owned())
        }

        struct Counts(Arc<AtomicU32>);

        performs!(@middleware $($async)?);

        fn failed(error: &str, retry_after: Option<std::time::Duration>) -> Outcome {
            Outcome::Failed { error: error.to_owned(), retry_after }
        }

        performs! {
            @test $($async)? fn a_run_tells_what_it_inserted() {
                let ran = perform(publish(vec![1, 2]).delay(HOUR))$($done)*;
                assert_eq!((&ran.outcome, ran.attempt, ran.kind.as_str()), (&Outcome::Finished, 1, publish::KIND));
                let pages: Vec<_> = ran.inserted.iter().map(|task| task.metadata["page"].clone()).collect();
                assert_eq!(pages, [1, 2]);
                assert_eq!(perform(publish(vec![3]))$($done)*.expect_finished().len(), 1);
            }

            @test $($async)? fn a_run_inserts_into_the_queue_that_the_test_names() {
                let queue = performs!(@queue $($async)?);
                queue.insert(index(1))$($wait)*.unwrap();
                let ran = perform(publish(vec![2])).on(&queue)$($done)*;
                assert_eq!(ran.inserted.len(), 1);
                assert_inserted!(queue, index, { "page": 2 })$($wait)*;
                assert_inserted!(queue, index, count = 2)$($wait)*;
            }

            @test $($async)? fn an_inserted_task_is_performed_and_its_row_stays() {
                let queue = performs!(@queue $($async)?);
                queue.insert(ask("header").header("tenant", "a").task_type("mail"))$($wait)*.unwrap();
                let found = assert_inserted!(queue, asks)$($wait)*;
                let ran = perform(found[0].clone()).state("secret".to_owned())$($done)*;
                assert_eq!((ran.outcome.error(), ran.task_type.as_str()), (Some("a"), "mail"));
                assert_eq!(assert_inserted!(queue, asks, count = 1)$($wait)*, found);
            }

            @test $($async)? fn a_failure_says_when_the_task_runs_again() {
                assert_eq!(perform(fails(false))$($done)*.outcome, failed("no such page", Some(HOUR)));
                let panicked = failed("the task panicked: out of range", Some(HOUR));
                assert_eq!(perform(fails(true)).attempt(2)$($done)*.outcome, panicked);
                assert_eq!(perform(fails(false)).attempt(3)$($done)*.outcome, failed("no such page", None));
            }

            @test $($async)? fn a_run_has_the_state_the_attempt_and_the_headers() {
                let secret = "secret".to_owned();
                let ran = perform(ask("attempt")).attempt(7).state(secret.clone())$($done)*;
                assert_eq!(ran.outcome.error(), Some("7 secret"));
                let ran = perform(ask("header").header("tenant", "a")).state(secret.clone())$($done)*;
                assert_eq!(ran.outcome.error(), Some("a"));
                let ran = perform(ask("snooze")).state(secret.clone())$($done)*;
                assert_eq!(ran.outcome, Outcome::Snoozed { after: HOUR });
                let ran = perform(ask("cancel")).state(secret)$($done)*;
                assert_eq!(ran.outcome, Outcome::Cancelled { reason: "cancelled: no such page".to_owned() });
                let ran = perform(ask("attempt"))$($done)*;
                assert!(ran.outcome.error().unwrap().contains("no state of type"), "{:?}", ran.outcome);
            }

            @test $($async)? fn a_run_goes_through_the_middleware() {
                let count = Arc::new(AtomicU32::new(0));
                perform(publish(vec![])).middleware(Counts(count.clone()))$($done)*.expect_finished();
                assert_eq!(count.load(Ordering::Relaxed), 1);
            }
        }
    };
    (@middleware async) => {
        impl fang::Middleware for Counts {
            async fn call(&self, _: &Run, next: fang::Next<'_>) -> Result<(), fang::FangError> {
                self.0.fetch_add(1, Ordering::Relaxed);
                next.run().await
            }
        }
    };
    (@middleware) => {
        impl fang::MiddlewareBlocking for Counts {
            fn call(&self, _: &Run, next: fang::NextBlocking<'_>) -> Result<(), fang::FangError> {
                self.0.fetch_add(1, Ordering::Relaxed);
                next.run()
            }
        }
    };
    (@queue async) => { fang::MemoryQueue::new() };
    (@queue) => { fang::blocking::MemoryQueue::new() };
    ($(@test async fn $name:ident() $body:block)+) => {
        $(#[tokio::test] async fn $name() $body)+
    };
    ($(@test fn $name:ident() $body:block)+) => {
        $(#[test] fn $name() $body)+
    };
}

in_both_modes!(performs);

mod timeouts {
    use crate::{failure, failure_of};
    use fang::Run;
    use fang::testing::{Outcome, perform};
    use std::time::Duration;

    const SOON: Duration = Duration::from_millis(5);

    #[fang::task(timeout = "1h", max_retries = 0)]
    async fn waits() {
        std::future::pending().await
    }

    #[fang::task(max_retries = 0)]
    fn works(gives_up: bool, run: &Run) -> Result<(), String> {
        while !run.is_cancelled() {
            std::thread::yield_now();
        }
        if gives_up { Err("told to end".to_owned()) } else { Ok(()) }
    }

    #[tokio::test]
    async fn an_async_run_is_dropped_after_its_timeout() {
        let ran = perform(waits()).timeout(SOON).await;
        let error = "it took longer than its timeout of 5ms".to_owned();
        assert_eq!(ran.outcome, Outcome::TimedOut { error, retry_after: None });
    }

    #[test]
    fn a_blocking_run_is_told_after_its_timeout_and_its_result_counts() {
        let ran = perform(works(true)).timeout(SOON).run();
        assert_eq!(ran.outcome, Outcome::TimedOut { error: "told to end".to_owned(), retry_after: None });
        let ran = perform(works(false)).timeout(SOON).run();
        assert_eq!((&ran.outcome, ran.timed_out), (&Outcome::Finished, true));
        let queue = fang::blocking::MemoryQueue::new();
        fang::Queueable::insert(&queue, works(false)).unwrap();
        let ran = fang::testing::drain(&queue).timeout(SOON).run();
        assert_eq!(
            (ran.finished, ran.timed_out, ran.to_string()),
            (1, 1, "1 finished, 1 timed out".to_owned())
        );
    }

    #[tokio::test]
    async fn a_task_of_the_other_mode_is_refused() {
        let message = failure_of(async { perform(works(true)).await }).await;
        assert!(
            message.ends_with("this is a blocking task: call `.run()` in place of `.await`"),
            "{message}"
        );
        let message = failure(|| perform(waits()).run());
        assert!(message.ends_with("this is an async task: await it in place of `.run()`"), "{message}");
        let queue = fang::blocking::MemoryQueue::new();
        let message = failure_of(async move { perform(waits()).on(&queue).await }).await;
        assert!(message.contains("the queue is for the other mode than the task"), "{message}");
    }
}

/// Bodies that save their own success.
mod finishing {
    use crate::transactions::client;
    use crate::{server, welcome};
    use diesel::{Connection, PgConnection};
    use fang::testing::{Outcome, Performed, TestSchema, assert_inserted, inserted, perform};
    use fang::{AsyncQueueable, FangError, QueueError, Run, State};

    /// As an application's own queue.
    struct Address(String);

    #[fang::task(task_type = "money", unique)]
    async fn pays(run: &Run, address: State<Address>) -> Result<(), FangError> {
        use fang::AsyncFinishIn as _;
        let mut client = client(&address.0).await;
        let transaction = client.transaction().await.unwrap();
        run.insert(welcome(7)).await?;
        run.finish_in(&transaction).await?;
        transaction.commit().await.unwrap();
        Ok(())
    }

    #[fang::task(task_type = "money", unique)]
    fn pays_blocking(run: &Run, address: State<Address>) -> Result<(), FangError> {
        use fang::FinishIn as _;
        PgConnection::establish(&address.0).unwrap().transaction::<_, FangError, _>(|connection| {
            run.blocking_insert(crate::resize(7))?;
            Ok(run.finish_in(connection)?)
        })?;
        Ok(())
    }

    /// Only what it has inserted is told.
    fn has_paid(ran: &Performed) {
        assert_eq!((&ran.outcome, ran.task_type.as_str()), (&Outcome::Finished, "money"));
        assert_eq!(ran.inserted.len(), 1, "{:?}", ran.inserted);
    }

    #[tokio::test]
    async fn a_run_finishes_in_its_transaction_beside_other_tasks() {
        let db = TestSchema::at(server()).await;
        let queue = db.queue();
        let waiting = queue.insert(pays()).await.unwrap();
        has_paid(&perform(pays()).state(Address(db.schema_uri())).on(&queue).await);
        let left: Vec<_> = inserted(&queue).await.into_iter().map(|task| task.id).collect();
        let welcome = &assert_inserted!(queue, welcome, count = 1).await[0];
        assert_eq!(left, [waiting.id, welcome.id]);
    }

    #[test]
    fn a_blocking_run_finishes_in_its_transaction_beside_other_tasks() {
        let db = TestSchema::at_blocking(server());
        let queue = db.queue_blocking();
        let waiting = queue.insert(pays_blocking()).unwrap();
        has_paid(&perform(pays_blocking()).state(Address(db.schema_uri())).on(&queue).run());
        let left: Vec<_> = inserted(&queue).into_iter().map(|task| task.id).collect();
        let resize = &assert_inserted!(queue, crate::resize, count = 1)[0];
        assert_eq!(left, [waiting.id, resize.id]);
    }

    #[fang::task(max_retries = 0, cron = "0 * * * *")]
    async fn fails_hourly() -> Result<(), String> {
        Err("no".to_owned())
    }

    /// Crons, old rows and those of the run are the business of a drain.
    #[tokio::test]
    async fn a_run_on_a_queue_in_postgres_leaves_all_else_as_it_was() {
        let db = TestSchema::at(server()).await;
        let queue = db.queue();
        queue.schedule(fails_hourly()).await.unwrap();
        let finished = queue.insert(welcome(7).keep(crate::HOUR)).await.unwrap();
        fang::testing::drain(&queue).await;
        fang::testing::clock(&queue).turn(3 * crate::HOUR).await;
        let before = inserted(&queue).await;
        let ran = perform(fails_hourly()).on(&queue).await;
        assert!(ran.inserted.is_empty() && ran.outcome.error() == Some("no"), "{ran:?}");
        assert_eq!(inserted(&queue).await, before);
        assert!(queue.find_task_by_id(finished.id).await.unwrap().is_some());
        let all = client(db.uri()).await;
        let count = format!("SELECT count(*) FROM {}.fang_tasks", db.name());
        assert_eq!(all.query_one(&count, &[]).await.unwrap().get::<_, i64>(0), 2);
    }

    #[tokio::test]
    async fn without_a_queue_in_postgres_the_error_says_how_to_get_one() {
        let db = TestSchema::at(server()).await;
        let ran = perform(pays()).state(Address(db.schema_uri())).await;
        let error = ran.outcome.error().unwrap().to_owned();
        assert_eq!(error, QueueError::NoTables.to_string());
        assert!(error.ends_with("in a test perform it on one: perform(task).on(&db.queue())"), "{error}");
    }
}
