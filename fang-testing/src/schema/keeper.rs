//! The thread that keeps a schema. It has a connection and a runtime of its own, so that it can drop the schema
//! whatever has become of those of the test.

use fang_core::{QueueError, StoreError};
use fang_postgres::Connections;
use fang_postgres::test_schema::keep;
use std::thread::{self, JoinHandle};

type Outcome = Result<(), QueueError>;

/// The keeper of a schema. Dropping it drops the schema.
#[derive(Debug)]
pub(super) struct Keeper {
    /// Closed when the test is over.
    test: Option<async_channel::Sender<()>>,
    thread: Option<JoinHandle<Outcome>>,
    name: String,
}

/// A keeper that is making its schema.
pub(super) struct Making {
    keeper: Keeper,
    made: async_channel::Receiver<()>,
}

impl Keeper {
    pub(super) fn start(uri: &str, name: &str) -> Making {
        let (tell, made) = async_channel::bounded(1);
        let (test, over) = async_channel::bounded::<()>(1);
        let (uri, of_thread) = (uri.to_owned(), name.to_owned());
        let work = move || {
            let made = move || {
                let _ = tell.try_send(());
            };
            let is_over = async move {
                let _ = over.recv().await;
            };
            run(&uri, &of_thread, made, is_over)
        };
        let thread = match thread::Builder::new().name("fang-test-schema".to_owned()).spawn(work) {
            Ok(thread) => Some(thread),
            Err(error) => panic!("no thread can be started for the schema of a test: {error}"),
        };
        Making { keeper: Self { test: Some(test), thread, name: name.to_owned() }, made }
    }

    fn end(&mut self) -> Outcome {
        drop(self.test.take());
        let ended = self.thread.take().map(JoinHandle::join);
        let panicked = || StoreError::unreachable("the thread of the schema panicked".into());
        ended.unwrap_or(Ok(Ok(()))).unwrap_or_else(|_| Err(panicked().into()))
    }
}

impl Making {
    pub(super) async fn made(self) -> Keeper {
        let made = self.made.recv().await.is_ok();
        self.end(made)
    }

    pub(super) fn made_blocking(self) -> Keeper {
        let made = self.made.recv_blocking().is_ok();
        self.end(made)
    }

    fn end(mut self, is_made: bool) -> Keeper {
        if is_made {
            return self.keeper;
        }
        match self.keeper.end() {
            Err(error) => panic!("the schema of a test cannot be made: {error}"),
            Ok(()) => panic!("the schema of a test cannot be made"),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let name = self.name.clone();
        if let Err(error) = self.end() {
            // No reason to fail the test, and a panic during another one would end the process.
            eprintln!("the schema {name} was not dropped; a later test drops it: {error}");
        }
    }
}

#[cfg(feature = "asynk")]
fn run(uri: &str, name: &str, made: impl FnOnce() + Send, over: impl Future<Output = ()> + Send) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| StoreError::unreachable(Box::new(error)))?;
    runtime.block_on(kept(async { fang_asynk::testing::connections(uri) }, name, made, over))
}

#[cfg(not(feature = "asynk"))]
fn run(uri: &str, name: &str, made: impl FnOnce() + Send, over: impl Future<Output = ()> + Send) -> Outcome {
    fang_blocking::block_on(kept(async { fang_blocking::testing::connections(uri) }, name, made, over))
}

async fn kept<C: Connections>(
    connections: impl Future<Output = Result<C, QueueError>>,
    name: &str,
    made: impl FnOnce() + Send,
    over: impl Future<Output = ()> + Send,
) -> Outcome {
    Ok(keep(&connections.await?, name, made, over).await?)
}
