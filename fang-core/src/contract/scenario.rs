//! A scenario as a value, and the macro that makes a test of each.

use super::Rig;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};

/// Only [`tests!`](crate::contract_tests) uses it.
#[doc(hidden)]
pub type Run = for<'a> fn(&'a dyn Rig) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// A test of one rule that every store must keep.
#[derive(Clone, Copy)]
pub struct Scenario {
    name: &'static str,
    run: Run,
}

impl Scenario {
    /// Only [`tests!`](crate::contract_tests) uses it.
    #[doc(hidden)]
    pub fn new(name: &'static str, run: Run) -> Self {
        Self { name, run }
    }

    /// The name of the scenario: a sentence, with underscores.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Runs the scenario on the store of this rig. Await it on the runtime that the store needs, if any.
    ///
    /// # Panics
    /// Panics if the store breaks the contract.
    pub async fn run(self, rig: &dyn Rig) {
        (self.run)(rig).await;
    }

    /// Like [`run`](Self::run), but blocks this thread and needs no runtime.
    ///
    /// # Panics
    /// Panics if the store breaks the contract.
    pub fn run_on_this_thread(self, rig: &dyn Rig) {
        block_on((self.run)(rig));
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scenario").field(&self.name).finish()
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Arc::new(Unpark(thread::current())).into();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

/// Makes a `#[test]` of each scenario of the [`contract`](crate::contract). Each test calls the function with
/// the given name, and passes its [`Scenario`](crate::contract::Scenario).
///
/// Also exported as `contract::tests!`. To run the scenarios in several ways, call the macro in one module for each.
#[macro_export]
macro_rules! contract_tests {
    ($run:path) => {
        $crate::for_each_scenario!(@list tests ($run));
    };
}
