//! Assertions about inserted tasks.

macro_rules! asserts {
    ([$($async:ident)?] [$($wait:tt)*] [$($done:tt)*] $insert:ident) => {
        use crate::HOUR;
        use fang::testing::{assert_inserted, inserted, refute_inserted};
        use fang::{FangTaskState, Priority};
        use serde::{Deserialize, Serialize};

        #[derive(Clone, Serialize, Deserialize)]
        struct Address {
            city: String,
            lines: Vec<String>,
        }

        #[fang::task]
        $($async)? fn send(user: i64, address: Address) {}

        #[fang::task(task_type = "mail")]
        $($async)? fn greet(user: i64) {}

        fn ada() -> Address {
            Address { city: "London".to_owned(), lines: vec!["12 St James's Square".to_owned()] }
        }

        $($async)? fn a_task_is_found_by_its_kind_and_by_some_of_its_fields(queue: impl Backend) {
            queue.insert(send(7, ada()))$($wait)*.unwrap();
            assert_inserted!(queue, send)$($wait)*;
            assert_inserted!(queue, self::send, { "user": 7 })$($wait)*;
            let city = "London";
            let found = assert_inserted!(&queue, send, { "address": { "city": city } }, count = 1)$($wait)*;
            assert_eq!(found[0].kind(), Some(send::KIND));
            assert_inserted!(queue, "send", { "address": { "lines": ["12 St James's Square"] } },)$($wait)*;
            refute_inserted!(queue, greet)$($wait)*;
            refute_inserted!(queue, send, { "user": 8 })$($wait)*;
            refute_inserted!(queue, send, { "address": { "city": "Paris" } })$($wait)*;
            refute_inserted!(queue, send, { "address": { "lines": [] } })$($wait)*;
            refute_inserted!(queue, send, { "nobody": null })$($wait)*;
        }

        $($async)? fn tasks_of_any_kind_match_an_assertion_without_a_kind(queue: impl Backend) {
            refute_inserted!(queue)$($wait)*;
            queue.insert(send(7, ada()))$($wait)*.unwrap();
            queue.insert(greet(7))$($wait)*.unwrap();
            assert_inserted!(queue)$($wait)*;
            assert_inserted!(queue, { "user": 7 }, count = 2)$($wait)*;
            let found = assert_inserted!(queue, task_type = "mail", count = 1)$($wait)*;
            assert_eq!(found[0].kind(), Some(greet::KIND));
            refute_inserted!(queue, { "user": 8 })$($wait)*;
            refute_inserted!(queue, task_type = "other")$($wait)*;
        }

        asserts!(@greeting $($async)?);

        $($async)? fn a_task_that_is_a_struct_is_found_by_its_name(queue: impl Backend) {
            queue.insert(Greeting { user: 7 }.into())$($wait)*.unwrap();
            assert_inserted!(queue, Greeting, { "user": 7 })$($wait)*;
        }

        $($async)? fn the_options_of_an_insert_have_to_match(queue: impl Backend) {
            let task = greet(7).delay(HOUR).tag("new").tag("eu").header("tenant", "a").max_retries(3);
            queue.insert(task.priority(Priority::High))$($wait)*.unwrap();
            let at = fang::Utc::now() + HOUR;
            assert_inserted!(
                queue, greet, { "user": 7 }, count = 1, task_type = "mail", delay = HOUR, tags = ["new"],
                header = ("tenant", "a"), priority = Priority::High, max_retries = 3, at = at, slack = HOUR / 60,
                state = FangTaskState::New,
            )$($wait)*;
            refute_inserted!(queue, greet, task_type = "common")$($wait)*;
            refute_inserted!(queue, greet, delay = HOUR / 2)$($wait)*;
            refute_inserted!(queue, greet, at = at + HOUR)$($wait)*;
            refute_inserted!(queue, greet, tags = ["new", "us"])$($wait)*;
            refute_inserted!(queue, greet, header = ("tenant", "b"))$($wait)*;
            refute_inserted!(queue, greet, priority = Priority::Low)$($wait)*;
            refute_inserted!(queue, greet, max_retries = 4)$($wait)*;
            refute_inserted!(queue, greet, state = FangTaskState::Failed)$($wait)*;
        }

        $($async)? fn tasks_that_wait_are_listed_the_oldest_first(queue: impl Backend) {
            for user in 1..=3 {
                queue.insert(greet(user))$($wait)*.unwrap();
            }
            let cancelled = inserted(&queue)$($wait)*[1].id;
            queue.cancel_task(cancelled)$($wait)*.unwrap();
            let users: Vec<_> = inserted(&queue)$($wait)*.iter().map(|task| task.metadata["user"].clone()).collect();
            assert_eq!(users, [1, 3]);
            assert_inserted!(queue, greet, count = 2)$($wait)*;
            assert_inserted!(queue, greet, { "user": 2 }, state = FangTaskState::Failed)$($wait)*;
        }

        over_each_store! {
            $($async)?:
            a_task_is_found_by_its_kind_and_by_some_of_its_fields,
            tasks_of_any_kind_match_an_assertion_without_a_kind,
            the_options_of_an_insert_have_to_match,
            tasks_that_wait_are_listed_the_oldest_first,
            a_task_that_is_a_struct_is_found_by_its_name,
        }
    };
    (@greeting async) => {
        #[derive(Serialize, Deserialize, fang::Task)]
        struct Greeting {
            user: i64,
        }

        impl fang::Perform for Greeting {
            type Error = String;

            async fn perform(&self, _: &fang::Run) -> Result<(), String> {
                Ok(())
            }
        }
    };
    (@greeting) => {
        #[derive(Serialize, Deserialize, fang::Task)]
        #[task(blocking)]
        struct Greeting {
            user: i64,
        }

        impl fang::PerformBlocking for Greeting {
            type Error = String;

            fn perform(&self, _: &fang::Run) -> Result<(), String> {
                Ok(())
            }
        }
    };
}

in_both_modes!(asserts);
