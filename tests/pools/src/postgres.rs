//! What only holds over Postgres.
