//! Sessions over diesel, for the store of fang-postgres. Each answers inside its future, and blocks until then.

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
