//! Metrics of real fleets, and the routes, by HTTP.

// A panic is how a test reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "fleet/health.rs"]
mod health;
#[path = "fleet/http.rs"]
mod http;
#[path = "fleet/scrapes.rs"]
mod scrapes;
