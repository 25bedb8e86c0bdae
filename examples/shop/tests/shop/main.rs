//! The tests of the shop. Each has a Postgres schema of its own, in the database of `DATABASE_URL`, and none waits for a
//! time to pass: the test turns the clock.

// A test reports by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod dies;
mod guide;
mod orders;
mod pictures;
mod placing;
mod processes;
mod ready;
mod reports;
mod request_id;
mod sign_up;
mod test_shop;
mod test_warehouse;
mod whole_shop;
