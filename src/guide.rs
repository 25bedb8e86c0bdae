//! How-to pages: one for each thing that a program does with fang. Every example in them is compiled.
//!
//! | Page | Tells how to |
//! |---|---|
//! | [`getting_started_async`] | define, insert and run tasks on tokio |
//! | [`getting_started_blocking`] | define, insert and run tasks on OS threads |
//! | [`tasks`] | write tasks: functions with options, or structs with traits |
//! | [`retries`] | choose retries, backoff and timeouts, and snooze or cancel a run |
//! | [`uniqueness`] | keep duplicates out, or change the task that waits |
//! | [`crons`] | run a task again and again |
//! | [`transactions`] | insert and finish tasks in a transaction of your own |
//! | [`inserting_from_elsewhere`] | insert tasks without their code, from Rust, psql, Python, Node and others |
//! | [`deploying`] | migrate, run several processes, shut down, and tune a pool |
//! | [`events`] | see what happens: the log, events and totals; run your own code around runs and inserts |
//! | [`observing`] | watch a fleet with Prometheus and Grafana, and answer `/health` and `/ready` |
//! | [`dashboard`] | see and steer tasks in a browser |
//! | [`testing`] | test tasks and the code that inserts them |
//! | [`crash_tests`] | kill your workers, and see which tasks are lost and which ran twice |
//! | [`shop`] | build a whole application: requests, tasks of both modes, processes and tests |
//! | [`pgbouncer`] | connect through PgBouncer |
//! | [`command`] | see and steer tasks from a shell, with the command `fang` |
//! | [`operating`] | list, count, retry, cancel, pause and reschedule tasks, and control crons |
//! | [`upgrading`] | move from fang 0.10 or 0.11 |
//! | [`own_store`] | keep tasks in a store other than Postgres |
//!
//! # Words
//!
//! - A **task** is a call of a function, or a struct, that is saved as a row. Its **kind** is the name of the function
//!   or struct, its **payload** is the arguments or fields as JSON.
//! - A **task type** is a name that groups tasks, `"common"` by default. Other libraries call it a queue name. A pool
//!   serves one task type or several.
//! - The **mode** of a task says which workers run it: tokio tasks (async mode) or OS threads (blocking mode). Tasks of
//!   the async mode are also called **light**, those of the blocking mode **heavy**.
//! - A **queue** is the handle through which a program inserts and controls tasks.
//! - A **pool** runs tasks on its **workers**. It **claims** tasks that are due, runs them, and **finishes** them: it
//!   saves their results. A task is **due** when its time has come. A task without a delay is due at once.
//! - A pool sends a **beat** (a heartbeat) every 5 s, as a sign of life. A **lease** says how long a process may be
//!   silent, 30 s by default. If it is silent for longer, other processes **rescue** its tasks: they run again.
//! - The calls for tools, the command and the dashboards call a running pool a **worker**.
//! - A **store** keeps the tasks: Postgres, or the memory of the process.
//! - A **cron** is a task that runs again and again. Each time is a **tick**.
//! - A **duplicate** is the earlier task that keeps a unique task out.

/// Declares a page with its text, or with a note where the text needs a feature that is off.
macro_rules! page {
    ($name:ident, $file:literal) => {
        #[doc = include_str!($file)]
        pub mod $name {}
    };
    ($name:ident, $file:literal, $feature:literal) => {
        #[cfg_attr(feature = $feature, doc = include_str!($file))]
        #[cfg_attr(
            not(feature = $feature),
            doc = concat!(
                "Shown with the feature `", $feature, "`, and on ",
                "[docs.rs](https://docs.rs/fang/latest/fang/guide/", stringify!($name), "/index.html)."
            )
        )]
        pub mod $name {}
    };
}

page!(getting_started_async, "guide/getting_started_async.md", "asynk");
page!(getting_started_blocking, "guide/getting_started_blocking.md", "blocking");
page!(tasks, "guide/tasks.md", "asynk");
page!(retries, "guide/retries.md");
page!(events, "guide/events.md", "asynk");
page!(uniqueness, "guide/uniqueness.md", "asynk");
page!(crons, "guide/crons.md", "asynk");
page!(transactions, "guide/transactions.md", "asynk");
page!(inserting_from_elsewhere, "guide/inserting_from_elsewhere.md", "asynk");
page!(deploying, "guide/deploying.md", "asynk");
page!(observing, "guide/observing.md", "asynk");
page!(dashboard, "guide/dashboard.md", "asynk");
page!(testing, "guide/testing.md", "testing");
page!(crash_tests, "guide/crash_tests.md", "asynk");
page!(shop, "guide/shop.md");
page!(pgbouncer, "guide/pgbouncer.md", "asynk");
page!(command, "guide/command.md", "asynk");
page!(operating, "guide/operating.md", "asynk");
page!(upgrading, "guide/upgrading.md", "asynk");
page!(own_store, "guide/own_store.md", "asynk");
