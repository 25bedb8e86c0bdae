//! Tests of pools. A scenario is an `async fn`. The macros here make a test of it in each mode, and over each store
//! that it fits. The tests in the crates of the modes cover only what one mode has.

// Tests report by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

/// Makes tests of scenarios that take a [`World`](seam::World): in each mode, over memory, Postgres and PgBouncer.
macro_rules! each_mode_and_store {
    ($($name:ident),+ $(,)?) => {
        crate::each_store!(asynk, Asynk, $($name),+);
        crate::each_store!(blocking, Blocking, $($name),+);
    };
}

/// Makes tests of scenarios that fit one mode, over each store.
macro_rules! each_store {
    ($module:ident, $mode:ident, $($name:ident),+ $(,)?) => {
        mod $module {
            crate::one_store!(memory, $mode, $($name),+);
            crate::one_store!(postgres, $mode, $($name),+);
            crate::one_store!(pgbouncer, $mode, $($name),+);
        }
    };
}

macro_rules! one_store {
    ($store:ident, $mode:ident, $($name:ident),+) => {
        mod $store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let world = crate::seam::World::$store(crate::seam::Mode::$mode).await;
                    super::super::$name(world).await;
                }
            )+
        }
    };
}

/// Makes tests of scenarios over Postgres, which take a [`Mode`](seam::Mode), in each mode.
macro_rules! each_mode {
    ($($name:ident),+ $(,)?) => {
        crate::one_mode!(asynk, Asynk, $($name),+);
        crate::one_mode!(blocking, Blocking, $($name),+);
    };
}

/// Makes tests of scenarios over Postgres that fit one mode.
macro_rules! one_mode {
    ($module:ident, $mode:ident, $($name:ident),+ $(,)?) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(crate::seam::Mode::$mode).await;
                }
            )+
        }
    };
}

pub(crate) use {each_mode, each_mode_and_store, each_store, one_mode, one_store};

mod everywhere;
mod postgres;
mod seam;
