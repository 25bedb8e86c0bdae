//! A pool that lacks a value of one of its tasks does not start.

use fang::State;

/// A value that no pool of these tests has.
struct Mailer;

macro_rules! states {
    ([$($async:tt)?] [$($await:tt)*] $insert:ident $mode:ident $queueable:ident) => {
        use crate::states::{Mailer, State};
        use crate::PATIENCE;

        #[fang::task(task_type = "needs")]
        $($async)? fn send(mailer: State<Mailer>) {
            let _ = mailer;
        }

        over_each_store! {
            $mode:
            a_pool_that_lacks_a_value_is_refused,
            only_the_tasks_that_a_pool_serves_count,
            a_value_in_an_arc_is_a_value,
        }

        async fn a_pool_that_lacks_a_value_is_refused(queue: impl Backend) {
            let builder = WorkerPool::builder().number_of_workers(1_u32).queue(queue.clone());
            let error = builder.task_type("needs").build().start()$($await)*.unwrap_err();
            let fang::QueueError::NoState { kind, task_type, state } = &error else { panic!("{error}") };
            assert_eq!((*kind, *task_type, *state), ("send", "needs", std::any::type_name::<Mailer>()));
            assert!(error.to_string().contains("add `.state(value)`"), "{error}");
            let several = [("other", 1), ("needs", 1)];
            let builder = WorkerPool::builder().number_of_workers(1_u32).queue(queue.clone());
            let error = builder.task_types(several).build().start()$($await)*.unwrap_err();
            assert!(matches!(error, fang::QueueError::NoState { .. }), "{error}");
        }

        async fn only_the_tasks_that_a_pool_serves_count(queue: impl Backend) {
            let builder = || WorkerPool::builder().number_of_workers(1_u32).queue(queue.clone());
            for mut pool in [
                builder().task_type("other").build(),
                builder().task_type("needs").allow_kind("another").build(),
                builder().task_type(concat!("of no ", stringify!($mode))).build(),
            ] {
                pool.start()$($await)*.unwrap();
                pool.shutdown(PATIENCE)$($await)*;
            }
        }

        async fn a_value_in_an_arc_is_a_value(queue: impl Backend) {
            let builder = WorkerPool::builder().number_of_workers(1_u32).queue(queue.clone()).task_type("needs");
            let mut pool = builder.state(std::sync::Arc::new(Mailer)).build();
            pool.start()$($await)*.unwrap();
            pool.shutdown(PATIENCE)$($await)*;
        }
    };
}
in_both_modes!(states);

/// Tasks of one mode, in a task type that is served in the other.
mod of_one_mode {
    use super::Mailer;
    use fang::State;

    #[fang::task(task_type = "of no blocking")]
    pub async fn light(mailer: State<Mailer>) {
        let _ = mailer;
    }

    #[fang::task(task_type = "of no asynk")]
    pub fn heavy(mailer: State<Mailer>) {
        let _ = mailer;
    }
}
