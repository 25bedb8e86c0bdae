//! The dashboard in Chromium: every page and every action, with scripts and without.

// A panic is how a test reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod actions;
mod browser;
mod driver;
mod looks;
mod shop;
