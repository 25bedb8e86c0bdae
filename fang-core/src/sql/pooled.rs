//! Behind a pooler that hands a connection of the server on after each transaction, nothing said to a
//! session lasts: what a connection of the library's own is told once, each transaction says for itself.

macro_rules! guard {
    () => {
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = '30s'; \
         SET LOCAL idle_in_transaction_session_timeout = '30s'"
    };
}

/// The first statements of a transaction that depends on no default of a role or a database. Whoever
/// stops in the middle of one keeps others from its rows, and the pooler from a connection, for 30 s.
pub const GUARD: &str = guard!();

/// A transaction that begins so.
pub const BEGIN: &str = concat!("BEGIN; ", guard!());

/// And one for the statements of the engine, which look up rows by index.
pub const BEGIN_BY_INDEX: &str = concat!(
    "BEGIN; ",
    guard!(),
    "; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off; \
     SET LOCAL enable_mergejoin = off; SET LOCAL jit = off; SET LOCAL plan_cache_mode = force_generic_plan"
);
