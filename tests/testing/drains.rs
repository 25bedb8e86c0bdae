//! Drains run what is due.

macro_rules! drains {
    ([$($async:ident)?] [$($wait:tt)*] [$($done:tt)*] $insert:ident) => {
        use crate::HOUR;
        use fang::testing::{Outcome, drain, inserted};
        use fang::{Priority, QueueError, RetentionMode, Run, State};
        use std::sync::{Arc, Mutex};

        /// What has run, in its order.
        #[derive(Clone, Default)]
        struct Diary(Arc<Mutex<Vec<String>>>);

        impl Diary {
            fn note(&self, what: &str) {
                self.0.lock().unwrap().push(what.to_owned());
            }

            fn read(&self) -> Vec<String> {
                self.0.lock().unwrap().clone()
            }
        }

        #[fang::task]
        $($async)? fn note(what: String, diary: State<Diary>) {
            diary.note(&what);
        }

        #[fang::task]
        $($async)? fn chain(links: u32, run: &Run) -> Result<(), QueueError> {
            if links > 1 {
                run.$insert(chain(links - 1))$($wait)*?;
            }
            Ok(())
        }

        #[fang::task(max_retries = 2, backoff = "constant(1h)")]
        $($async)? fn flaky(succeeds_at: u32, run: &Run) -> Result<(), String> {
            if run.attempt() < succeeds_at { Err(format!("run {}", run.attempt())) } else { Ok(()) }
        }

        #[fang::task]
        $($async)? fn later(run: &Run) {
            run.snooze(HOUR);
        }

        #[fang::task]
        $($async)? fn never(run: &Run) {
            run.cancel("no such user");
        }

        #[fang::task]
        $($async)? fn endless(run: &Run) -> Result<(), QueueError> {
            run.$insert(endless())$($wait)*?;
            Ok(())
        }

        fn named(what: &str) -> fang::NewTask {
            note(what.to_owned())
        }

        $($async)? fn due_tasks_run_in_their_order_and_those_that_they_insert(queue: impl Backend) {
            let diary = Diary::default();
            for task in [
                named("z").task_type("z"), named("low").priority(Priority::Low), named("first"), named("second"),
                named("urgent").priority(Priority::Urgent), named("later").delay(HOUR),
            ] {
                queue.insert(task)$($wait)*.unwrap();
            }
            queue.insert(chain(3))$($wait)*.unwrap();
            let ran = drain(&queue).state(diary.clone())$($done)*;
            assert_eq!((ran.finished, ran.runs.len()), (8, 8));
            assert_eq!(diary.read(), ["urgent", "first", "second", "low", "z"]);
            assert_eq!(ran.of(chain::KIND).finished, 3);
            assert_eq!(ran.by_kind().keys().collect::<Vec<_>>(), [chain::KIND, note::KIND]);
            let left = inserted(&queue)$($wait)*;
            assert_eq!(left.iter().map(|task| &task.metadata["what"]).collect::<Vec<_>>(), ["later"]);
            assert!(drain(&queue)$($done)*.runs.is_empty());
        }

        $($async)? fn the_summary_counts_each_way_to_end(queue: impl Backend) {
            for task in [chain(1), flaky(2), flaky(9).max_retries(0), later(), never(), chain(1).expires(HOUR)] {
                queue.insert(task)$($wait)*.unwrap();
            }
            let ran = drain(&queue).retention_mode(RetentionMode::KeepAll)$($done)*;
            let counts = [ran.finished, ran.retried, ran.failed, ran.snoozed, ran.cancelled, ran.expired, ran.dropped];
            assert_eq!(counts, [2, 1, 1, 1, 1, 0, 0]);
            assert_eq!(ran.errors(), ["run 1", "run 1", "cancelled: no such user"]);
            assert_eq!(ran.of(later::KIND).runs[0].outcome, Outcome::Snoozed { after: HOUR });
            let retried = Outcome::Failed { error: "run 1".to_owned(), retry_after: Some(HOUR) };
            assert_eq!(ran.of(flaky::KIND).runs[0].outcome, retried);
            let rows = queue.list_tasks(&fang::Filter::default())$($wait)*.unwrap();
            assert_eq!(rows.len(), 6, "all are kept");
        }

        $($async)? fn retries_and_scheduled_tasks_run_at_once_where_the_test_asks(queue: impl Backend) {
            for task in [flaky(3), flaky(9), chain(2).delay(HOUR), later().delay(HOUR)] {
                queue.insert(task)$($wait)*.unwrap();
            }
            let ran = drain(&queue).with_retries()$($done)*;
            assert_eq!((ran.finished, ran.retried, ran.failed, ran.snoozed), (1, 4, 1, 0));
            assert_eq!(ran.runs.iter().map(|ran| ran.attempt).max(), Some(3));
            let ran = drain(&queue).with_scheduled()$($done)*;
            assert_eq!((ran.finished, ran.snoozed), (2, 1), "a task that snoozes runs once");
        }

        $($async)? fn a_drain_keeps_to_its_limit_and_its_task_types(queue: impl Backend) {
            let diary = Diary::default();
            for name in ["a", "b", "c", "d"] {
                queue.insert(named(name).task_type(name))$($wait)*.unwrap();
            }
            let ran = drain(&queue).state(diary.clone()).task_types(["c", "a"])$($done)*;
            assert_eq!(ran.finished, 2);
            assert_eq!(diary.read(), ["c", "a"]);
            let ran = drain(&queue).state(diary.clone()).limit(1)$($done)*;
            assert_eq!((ran.finished, diary.read().len()), (1, 3));
            queue.insert(endless())$($wait)*.unwrap();
            assert_eq!(drain(&queue).task_types(["common"]).limit(20)$($done)*.finished, 20);
            assert_eq!(inserted(&queue)$($wait)*.len(), 2);
        }

        /// The mode of the tasks is not that of this queue.
        $($async)? fn due_tasks_of_the_other_mode_are_told(queue: impl Backend) {
            let other = || crate::other_mode(chain(1));
            for task in [other(), other(), other().delay(HOUR), other().task_type("b"), chain(1)] {
                queue.insert(task)$($wait)*.unwrap();
            }
            let ran = drain(&queue).task_types(["common"])$($done)*;
            assert_eq!((ran.finished, ran.of_other_mode), (1, 2));
            let ran = drain(&queue)$($done)*;
            assert_eq!((ran.runs.len(), ran.of_other_mode), (0, 3));
            let says = ran.to_string();
            let call = says.strip_prefix("no runs; 3 due for the other mode: `drain(&queue).");
            let is_async = stringify!($($async)?) == "async";
            let other = if is_async { "run()` with a queue of the blocking" } else { "await` with a queue of the async" };
            assert_eq!(call, Some(&*format!("{other} mode runs them")), "{says}");
            assert_eq!(drain(&queue).task_types(["none"])$($done)*.to_string(), "no runs");
        }

        $($async)? fn due_tasks_of_paused_types_and_of_types_that_are_not_named_are_told(queue: impl Backend) {
            for task in [chain(1).task_type("mail"), chain(1).task_type("mail").delay(HOUR), chain(1)] {
                queue.insert(task)$($wait)*.unwrap();
            }
            let ran = drain(&queue).task_types(["mial"])$($done)*;
            assert_eq!((ran.of_paused_types, ran.of_other_types), (0, 2));
            let says = "no runs; 2 due of task types that `task_types` does not name: name \"common\", \"mail\"";
            assert_eq!(ran.to_string(), says);
            queue.pause("mail")$($wait)*.unwrap();
            let ran = drain(&queue)$($done)*;
            assert_eq!((ran.of_paused_types, ran.of_other_types), (1, 0));
            assert_eq!(ran.to_string(), "1 finished; 1 due of paused task types: resume \"mail\"");
            queue.resume("mail")$($wait)*.unwrap();
            assert_eq!(drain(&queue)$($done)*.to_string(), "1 finished");
        }

        /// The store counts the tasks of the first thousand types only. None of those is due here.
        $($async)? fn a_drain_sees_all_task_types(queue: impl Backend) {
            let types = (0..=1000).map(|number| chain(1).task_type(format!("a{number}")).delay(HOUR));
            let mut tasks: Vec<_> = types.collect();
            tasks.push(chain(2).task_type("z"));
            queue.insert_tasks(tasks)$($wait)*.unwrap();
            assert_eq!(drain(&queue)$($done)*.finished, 2);
        }

        over_each_store! {
            $($async)?:
            due_tasks_of_the_other_mode_are_told,
            due_tasks_of_paused_types_and_of_types_that_are_not_named_are_told,
            a_drain_sees_all_task_types,
            due_tasks_run_in_their_order_and_those_that_they_insert,
            the_summary_counts_each_way_to_end,
            retries_and_scheduled_tasks_run_at_once_where_the_test_asks,
            a_drain_keeps_to_its_limit_and_its_task_types,
        }
    };
}

in_both_modes!(drains);

/// Over Postgres the row of the task is there, so the task can finish, remove or cancel itself.
mod rows {
    use crate::server;
    use fang::testing::{Outcome, TestSchema, drain, inserted};
    use fang::{AsyncFinishIn, AsyncQueue, AsyncQueueable, FangError, QueueError, Run, State};

    #[fang::task]
    async fn removes_all(run: &Run, queue: State<AsyncQueue>) -> Result<(), QueueError> {
        queue.remove_task(run.id()).await.map(|_| ())
    }

    #[fang::task]
    async fn cancels_itself(run: &Run, queue: State<AsyncQueue>) -> Result<(), String> {
        queue.cancel_task(run.id()).await.map_err(|error| error.to_string())?;
        run.cancelled().await;
        Err("cancelled in time".to_owned())
    }

    #[tokio::test]
    async fn a_task_may_remove_or_cancel_itself() {
        let db = TestSchema::at(server()).await;
        let queue = db.queue();
        queue.insert(removes_all()).await.unwrap();
        queue.insert(cancels_itself()).await.unwrap();
        let ran = drain(&queue).state(queue.clone()).await;
        assert_eq!(ran.of(removes_all::KIND).runs[0].outcome, Outcome::Dropped);
        let cancelled = &ran.of(cancels_itself::KIND).runs[0].outcome;
        assert_eq!(*cancelled, Outcome::Cancelled { reason: "cancelled".to_owned() });
        assert!(inserted(&queue).await.is_empty());
    }

    #[fang::task]
    async fn finishes_itself(run: &Run) -> Result<(), FangError> {
        let mut client = crate::transactions::client(&server()).await;
        let transaction = client.transaction().await?;
        run.finish_in(&transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    #[tokio::test]
    async fn a_task_may_finish_in_its_own_transaction() {
        let db = TestSchema::at(server()).await;
        let queue = db.queue();
        queue.insert(finishes_itself()).await.unwrap();
        let ran = drain(&queue).await;
        assert_eq!(ran.errors(), Vec::<&str>::new());
        assert!(inserted(&queue).await.is_empty(), "it is finished");
    }
}

/// The server refuses each result of a kind. Over Postgres alone, since nothing else refuses.
mod refused {
    use crate::{failure_of, resize, server, welcome};
    use fang::testing::{TestSchema, drain};

    async fn refuse_results(db: &TestSchema) {
        let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'no place for this'; END $$;
            CREATE TRIGGER refuse BEFORE DELETE ON fang_tasks FOR EACH ROW EXECUTE FUNCTION refuse();
            CREATE TRIGGER refuse_end BEFORE UPDATE ON fang_tasks FOR EACH ROW
            WHEN (OLD.state = 'in_progress') EXECUTE FUNCTION refuse()";
        crate::transactions::client(&db.schema_uri()).await.batch_execute(refuse).await.unwrap();
    }

    fn assert_told(message: &str, kind: &str) {
        assert!(message.contains("tests/testing/drains.rs"), "{message}");
        assert!(message.contains(&format!("({kind}) was saved, in 8 tries")), "{message}");
        assert!(message.contains("no place for this"), "{message}");
    }

    #[tokio::test]
    async fn a_drain_ends_if_the_store_takes_no_result() {
        let db = TestSchema::at(server()).await;
        refuse_results(&db).await;
        let queue = db.queue();
        queue.insert(welcome(7)).await.unwrap();
        assert_told(&failure_of(async move { drain(&queue).await }).await, welcome::KIND);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_blocking_drain_ends_if_the_store_takes_no_result() {
        let db = TestSchema::at(server()).await;
        refuse_results(&db).await;
        let queue = db.queue_blocking();
        let message = failure_of(async move {
            tokio::task::block_in_place(|| {
                queue.insert(resize(7)).unwrap();
                drain(&queue).run()
            })
        });
        assert_told(&message.await, resize::KIND);
    }
}

/// A task that inserts itself again would run for ever.
mod endless {
    use crate::{failure, failure_of, resize, welcome};
    use fang::testing::drain;
    use fang::{AsyncQueueable, NewTask, Queueable};

    /// One more than a drain without a limit runs.
    fn many<T: Into<NewTask>>(task: impl Fn(i64) -> T) -> Vec<NewTask> {
        (0..=10_000).map(|number| task(number).into()).collect()
    }

    #[tokio::test]
    async fn an_async_drain_without_a_limit_ends_after_ten_thousand_runs() {
        let queue = fang::MemoryQueue::new();
        queue.insert_tasks(many(welcome)).await.unwrap();
        assert_eq!(drain(&queue).limit(1).await.finished, 1);
        assert_eq!(drain(&queue).await.finished, 10_000);
        queue.insert_tasks(many(welcome)).await.unwrap();
        let message = failure_of(async move { drain(&queue).await }).await;
        assert!(
            message.contains("more than 10000 tasks have run; \"welcome\" was the last; set a `limit`"),
            "{message}"
        );
    }

    #[test]
    fn a_blocking_drain_without_a_limit_ends_after_ten_thousand_runs() {
        let queue = fang::blocking::MemoryQueue::new();
        queue.insert_tasks(many(resize)).unwrap();
        let message = failure(|| drain(&queue).run());
        assert!(
            message.contains("more than 10000 tasks have run; \"resize\" was the last; set a `limit`"),
            "{message}"
        );
    }
}
