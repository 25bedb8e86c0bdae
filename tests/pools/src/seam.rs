//! The seam between the scenarios and the two modes: queues, pools, transactions and tasks that are alike in both.

mod act;
// mod child;
mod client;
mod pool;
mod queue;
mod say;
mod stage;
mod task;
mod verbs;
mod world;

pub use act::{Act, Elsewhere, How};
// pub use child::Child;
pub use client::{Client, Transaction};
pub use pool::{Pool, PoolBuilder, sleeps_for};
pub(crate) use queue::by_mode;
pub use queue::{Mode, Options, Queue};
pub use say::{Say, holding, say};
pub use stage::{Report, Stage};
pub(crate) use task::both;
pub use task::{Both, Run};
pub(crate) use verbs::inserts;
pub use world::{LOOK_EVERY, World, until};

use std::time::Duration;

/// Longer than anything takes that works.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub const HOUR: Duration = Duration::from_secs(3600);
