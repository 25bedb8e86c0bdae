//! The Postgres store of [fang](https://docs.rs/fang): its SQL and its verbs, written once over the [`Session`] of a
//! driver. It does no I/O itself: `fang-asynk` brings tokio-postgres, `fang-blocking` brings diesel. Applications
//! use the crate `fang`.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod answers;
mod batch;
mod connection_string;
mod copy;
mod database;
mod diagnosis;
mod doctor;
mod lock_claims;
pub mod migrations;
mod process;
mod recent;
mod refused;
mod row;
mod schema;
mod session;
pub mod settings;
mod spare;
mod sql;
mod statement;
mod store;
#[doc(hidden)]
pub mod test_schema;
mod value;
mod verbs;
mod watch;
mod within;

pub use connection_string::{ConnectionString, Endpoint};
pub use row::Row;
pub use schema::{Schema, SchemaNameError};
pub use session::{Connections, NeverBlocks, OwnSession, Session};
pub use spare::{Keeping, Kept};
pub use sql::{DoctorStatements, Statements, only_rows};
pub use statement::{Answer, Statement, Step, Wanted, lost_notification};
pub use store::PostgresStore;
pub use value::Param;
pub use verbs::migrate::take_steps;
pub use watch::Watch;
pub use within::finish_in;
