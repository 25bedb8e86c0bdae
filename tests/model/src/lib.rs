//! A model of how the processes of fang share a table of tasks: claims, beats, sweeps, results, and the faults that
//! they must survive. It is small enough to visit every state. `docs/model.md` says what it leaves out.
//!
//! ```
//! use fang_model::Protocol;
//! use stateright::{Checker, Model};
//! Protocol::default().checker().spawn_bfs().join().assert_properties();
//! ```

mod action;
mod calm;
mod database;
mod lists;
mod lock_action;
mod lock_claim;
mod process;
mod properties;
mod protocol;
mod state;

pub use action::{Action, Fate};
pub use lists::Listed;
pub use lock_claim::{Lock, LockClaim, Stage};
pub use properties::{AGAIN, BESIDE, LOST, MASS, RERUN, STALE, TWICE, UNJUST};
pub use protocol::{Faults, Protocol};
pub use state::{Doubt, Job, Late, Life, Link, Process, State, Sweep, Task, TaskState, Violations, Worker};
