//! One scenario as a value, and the macro that makes tests of all.

use super::Rig;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};

/// For [`tests!`](crate::contract_tests) alone.
#[doc(hidden)]
pub type Run = for<'a> fn(&'a dyn Rig) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// What every store must do in one situation.
#[derive(Clone, Copy)]
pub struct Scenario {
    name: &'static str,
    run: Run,
}

impl Scenario {
    /// For [`tests!`](crate::contract_tests) alone.
    #[doc(hidden)]
    pub fn new(name: &'static str, run: Run) -> Self {
        Self { name, run }
    }

    /// Its name: a sentence, with underscores.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Puts the store of this rig through it, under whatever runtime the store needs.
    ///
    /// # Panics
    /// When the store breaks the contract.
    pub async fn run(self, rig: &dyn Rig) {
        (self.run)(rig).await;
    }

    /// As [`run`](Self::run), on a plain thread, without a runtime.
    ///
    /// # Panics
    /// When the store breaks the contract.
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

/// Makes a test of each scenario of the [`contract`](crate::contract): it calls this function with the
/// [`Scenario`](crate::contract::Scenario).
///
/// Exported as `contract::tests!` too. Tests of several ways to run them stand in a module each.
#[macro_export]
macro_rules! contract_tests {
    ($run:path) => {
        $crate::for_each_scenario!(@list tests ($run));
    };
}
