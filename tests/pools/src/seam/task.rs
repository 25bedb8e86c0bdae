//! Tasks of both modes: the struct implements its work once, and runs in either mode.

use super::{Mode, Stage};
use fang_core::{AsyncQueueable, AsyncRunnable, Context, FangError, QueueError, Queueable, Runnable, Task};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Wake, Waker};
use std::thread::{self, Thread};

/// A task that can run in both modes.
pub trait Both: AsyncRunnable + Runnable {}

impl<T: AsyncRunnable + Runnable> Both for T {}

/// The queue that a run was given.
#[derive(Clone, Copy)]
pub enum Run<'q> {
    Asynk(&'q dyn AsyncQueueable),
    Blocking(&'q dyn Queueable),
}

impl<'q> Run<'q> {
    pub fn mode(&self) -> Mode {
        match self {
            Self::Asynk(_) => Mode::Asynk,
            Self::Blocking(_) => Mode::Blocking,
        }
    }

    pub fn context(&self) -> &'q Context {
        match self {
            Self::Asynk(queue) => queue.context(),
            Self::Blocking(queue) => queue.context(),
        }
    }

    /// The state that the test shares with the run.
    pub fn stage(&self) -> &'q Stage {
        self.context().state::<Stage>().unwrap()
    }

    pub async fn insert_task(&self, task: &dyn Both) -> Result<Task, QueueError> {
        match self {
            Self::Asynk(queue) => queue.insert_task(task).await,
            Self::Blocking(queue) => queue.insert_task(task),
        }
    }

    /// Asks again and again whether the run is cancelled, as a task with a loop does.
    pub async fn looks_until_cancelled(&self) {
        while !self.context().is_cancelled() {
            tokio::task::yield_now().await;
        }
    }
}

/// Implements both traits for a struct by its `async fn does(&self, run: Run<'_>)`. Further methods of the traits follow.
macro_rules! both {
    ($task:ident $(; $($also:tt)*)?) => {
        #[fang_core::async_trait]
        #[typetag::serde]
        impl fang_core::AsyncRunnable for $task {
            async fn run(&self, queue: &mut dyn fang_core::AsyncQueueable) -> Result<(), fang_core::FangError> {
                self.does(crate::seam::Run::Asynk(queue)).await
            }
            $($($also)*)?
        }

        #[typetag::serde]
        impl fang_core::Runnable for $task {
            fn run(&self, queue: &dyn fang_core::Queueable) -> Result<(), fang_core::FangError> {
                crate::seam::block_on(self.does(crate::seam::Run::Blocking(queue)))
            }
            $($($also)*)?
        }
    };
}

/// Implements both traits for a struct whose run does nothing. The methods that matter follow.
macro_rules! idle {
    ($task:ident; $($also:tt)*) => {
        impl $task {
            async fn does(&self, _: crate::seam::Run<'_>) -> Result<(), fang_core::FangError> {
                Ok(())
            }
        }

        crate::seam::both!($task; $($also)*);
    };
}

pub(crate) use {both, idle};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a task on the thread of its worker, which blocks while the task waits.
pub fn block_on(does: impl Future<Output = Result<(), FangError>>) -> Result<(), FangError> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut does = pin!(does);
    loop {
        match does.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
            Poll::Ready(outcome) => return outcome,
            Poll::Pending => thread::park(),
        }
    }
}
