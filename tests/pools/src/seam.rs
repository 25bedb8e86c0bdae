//! The layer between the scenarios and the two modes: queues, pools, transactions and tasks with one interface.

mod act;
mod around;
mod child;
mod client;
mod fleet;
mod logs;
mod pool;
mod queue;
mod rival;
mod say;
mod stage;
mod task;
mod verbs;
mod world;

pub use act::{Act, Elsewhere, How};
pub use around::Around;
pub use child::{Child, told_to_end};
pub use client::Client;
pub use fleet::numbers;
pub use logs::{UNLOGGABLE, collect_logs, logged, logged_with};
pub use pool::{Pool, PoolBuilder, next_event};
pub(crate) use queue::by_mode;
pub use queue::{Mode, Options, Queue};
pub use rival::Rival;
pub use say::{holding, say};
pub use stage::{Report, Stage};
pub use task::{Both, Run, block_on};
pub(crate) use task::{both, idle};
pub(crate) use verbs::inserts;
pub use world::{World, until};

use fang_asynk::Lease;
use std::time::Duration;

/// Longer than any step takes in a test that passes.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A short lease, for tests in which a worker is declared dead.
pub const QUICK: Lease =
    Lease { beat_every: Duration::from_millis(100), dead_after: Duration::from_millis(1000), max_crashes: 3 };

pub const HOUR: Duration = Duration::from_secs(3600);
