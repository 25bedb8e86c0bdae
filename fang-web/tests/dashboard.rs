//! The dashboard as a browser, a program and an attacker see it.

// A panic is how a test reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "dashboard/actions.rs"]
mod actions;
#[path = "dashboard/attacks.rs"]
mod attacks;
#[path = "dashboard/browser.rs"]
mod browser;
#[path = "dashboard/bulk.rs"]
mod bulk;
#[path = "dashboard/filters.rs"]
mod filters;
#[path = "dashboard/fleet.rs"]
mod fleet;
#[path = "dashboard/forms.rs"]
mod forms;
#[path = "dashboard/gates.rs"]
mod gates;
#[path = "dashboard/large.rs"]
mod large;
#[path = "dashboard/live.rs"]
mod live;
#[path = "dashboard/mounts.rs"]
mod mounts;
#[path = "dashboard/pages.rs"]
mod pages;
