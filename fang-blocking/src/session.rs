//! Sessions over diesel, which the Postgres store uses. Their futures block while they are polled, and are never
//! pending.

mod client;
mod connect;
mod copy;
mod error;
mod link;
mod links;
mod place;
mod row;
mod statement;
mod transaction;

pub(crate) use connect::Address;
pub use connect::PgPool;
pub(crate) use links::Links;
pub(crate) use transaction::Theirs;
pub use transaction::run_migrations_postgres;

/// The store over one database.
pub(crate) type PostgresStore = fang_postgres::PostgresStore<Links>;
