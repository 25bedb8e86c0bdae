//! The macros of assertions.

use crate::mode::Mode;
use crate::queue::{Inspect, all};
use fang_core::Task;
use fang_core::store::Filter;

/// Asserts that a queue, or a [`transaction`](crate::transaction) of the test, has a task.
///
#[cfg_attr(feature = "asynk", doc = "```")]
#[cfg_attr(not(feature = "asynk"), doc = "```text")]
/// # use fang_asynk::MemoryQueue;
/// # use fang_core::{AsyncQueueable, Mode, NewTask};
/// use fang_testing::{assert_inserted, refute_inserted};
/// # use std::time::Duration;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), fang_core::QueueError> {
/// let queue = MemoryQueue::new();
/// # let payload = r#"{"type": "welcome", "user": {"id": 7, "name": "Ada"}, "again": false}"#.to_owned();
/// # let task = NewTask::new(payload, "mail".to_owned(), Mode::Asynk);
/// queue.insert(task.delay(Duration::from_secs(60)).tag("new")).await?;
///
/// assert_inserted!(queue, "welcome").await;
/// // Each field that is named has to match, also within objects. Others may have any value. `ANY` stands for any value
/// // of a field that is there.
/// assert_inserted!(queue, "welcome", { "user": { "id": 7 } }).await;
/// let found = assert_inserted!(queue, "welcome", count = 1, task_type = "mail", delay = Duration::from_secs(60)).await;
/// assert_eq!(found[0].tags, ["new"]);
/// refute_inserted!(queue, "welcome", { "user": { "id": 8 } }).await;
/// # Ok(()) }
/// ```
///
/// The kind is the name of a function of `#[fang::task]`, the name of a struct of `#[derive(fang::Task)]`, or the name
/// of any kind as a string. Without it, tasks of all kinds match: `assert_inserted!(queue, { "user": 7 })`, or
/// `assert_inserted!(queue)`. Options follow it, or its fields: `count`, `within`, `task_type`, `delay`, `at`, `slack`,
/// `tags`, `header`, `priority`, `max_retries` and `state`. [`Expected`](crate::Expected) describes them.
///
/// Tasks that wait or run count, unless `state` is given. A task that has finished is removed by default, so assert
/// before tasks run. In the async mode, await the macro. It returns the tasks that match, the oldest first.
///
/// # Panics
/// Panics if the expectation does not hold. The message shows the tasks that come nearest, and where they differ.
#[macro_export]
macro_rules! assert_inserted {
    ($queue:expr $(, $($expected:tt)*)?) => {
        match &$queue {
            queue => {
                #[allow(unused_imports)]
                use $crate::Inspect as _;
                queue.__check($crate::__expected!($($($expected)*)?))
            }
        }
    };
}

/// Asserts that a queue, or a [`transaction`](crate::transaction) of the test, has no such task. With the queue alone,
/// there must be no task at all. Takes what [`assert_inserted!`] takes, except `count`, which the compiler refuses. With `within`, there must be none during all
/// that time.
///
#[cfg_attr(feature = "blocking", doc = "```compile_fail")]
#[cfg_attr(not(feature = "blocking"), doc = "```text")]
/// # use fang_blocking::MemoryQueue;
/// # use fang_testing::refute_inserted;
/// refute_inserted!(MemoryQueue::new(), "welcome", count = 2);
/// ```
///
/// # Panics
/// Panics if there is such a task, and shows it.
#[macro_export]
macro_rules! refute_inserted {
    ($queue:expr $(, $($expected:tt)*)?) => {
        match &$queue {
            queue => {
                #[allow(unused_imports)]
                use $crate::Inspect as _;
                $crate::__refuse_count!(, $($($expected)*)?);
                queue.__check($crate::__expected!($($($expected)*)?).none())
            }
        }
    };
}

/// Refuses the option `count`. The arms take away what comes before it: the kind and the fields, then other options.
#[doc(hidden)]
#[macro_export]
macro_rules! __refuse_count {
    () => {};
    (,) => {};
    (, count = $($rest:tt)*) => {
        ::core::compile_error!(
            "`refute_inserted!` expects no task at all, so it takes no `count`; \
             use `assert_inserted!` to expect a number of tasks"
        );
    };
    (, $option:ident = $value:expr $(, $($rest:tt)*)?) => {
        $crate::__refuse_count!($(, $($rest)*)?);
    };
    ($other:tt $($rest:tt)*) => {
        $crate::__refuse_count!($($rest)*);
    };
}

/// What an assertion expects.
#[doc(hidden)]
#[macro_export]
macro_rules! __expected {
    // Any kind: fields and options may follow.
    ($($option:ident = $value:expr),* $(,)?) => {
        $crate::__expected!(@fields (::core::option::Option::None::<&str>) $(, $option = $value)*)
    };
    ({ $($json:tt)* } $($rest:tt)*) => {
        $crate::__expected!(@fields (::core::option::Option::None::<&str>), { $($json)* } $($rest)*)
    };
    ($kind:literal $($rest:tt)*) => {
        $crate::__expected!(@fields (::core::option::Option::Some($kind)) $($rest)*)
    };
    ($kind:ident $($rest:tt)*) => {
        $crate::__expected!(@path ($kind) $($rest)*)
    };
    (@path ($($path:tt)*) :: $next:ident $($rest:tt)*) => {
        $crate::__expected!(@path ($($path)* :: $next) $($rest)*)
    };
    (@path ($($path:tt)*) $($rest:tt)*) => {
        $crate::__expected!(
            @fields (::core::option::Option::Some(<$($path)* as $crate::__private::Declared>::KIND)) $($rest)*
        )
    };
    (@fields ($kind:expr), { $($json:tt)* } $(, $option:ident = $value:expr)* $(,)?) => {
        $crate::__expected!(
            @new $kind, ::core::option::Option::Some($crate::__private::json!({ $($json)* })) $(, $option = $value)*
        )
    };
    (@fields ($kind:expr) $(, $option:ident = $value:expr)* $(,)?) => {
        $crate::__expected!(@new $kind, ::core::option::Option::None $(, $option = $value)*)
    };
    (@new $kind:expr, $fields:expr $(, $option:ident = $value:expr)*) => {
        $crate::Expected::new($kind, $fields, ::core::panic::Location::caller())$(.$option($value))*
    };
}

/// Returns the tasks of a queue, or of a [`transaction`](crate::transaction) of the test, that wait or run, the oldest
/// first. In the async mode, await it.
///
#[cfg_attr(feature = "blocking", doc = "```")]
#[cfg_attr(not(feature = "blocking"), doc = "```text")]
/// # use fang_blocking::MemoryQueue;
/// # use fang_core::{Mode, NewTask, Queueable};
/// use fang_testing::inserted;
/// let queue = MemoryQueue::new();
/// # let payload = r#"{"type": "resize", "picture": 7}"#.to_owned();
/// # let task = NewTask::new(payload, "common".to_owned(), Mode::Blocking);
/// queue.insert(task)?;
/// assert_eq!(inserted(&queue)[0].kind(), Some("resize"));
/// # Ok::<(), fang_core::QueueError>(())
/// ```
///
/// # Panics
/// Panics if the store fails.
pub fn inserted<M: Mode, P: Inspect<M>>(place: &P) -> M::Answer<'_, Vec<Task>> {
    M::answer(Box::pin(async move {
        match all(place, &Filter::default()).await {
            Ok(mut found) => {
                found.retain(|task| task.state.is_alive());
                found
            }
            Err(error) => panic!("the tasks cannot be listed: {error}"),
        }
    }))
}
