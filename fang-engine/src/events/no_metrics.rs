//! What stands for the metrics without the feature `metrics`: nothing.

#![expect(clippy::unused_self, reason = "there are metrics with the feature only")]

use super::RunEnd;
use crate::policy::served::Served;
use crate::state::Job;
use fang_core::NewTask;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Metrics;

impl Metrics {
    pub(crate) fn new(_: &Served) -> Self {
        Self
    }

    pub(crate) fn claimed(&self, _: &Job) {}

    pub(crate) fn started(&self, _: &Job, _: Duration) {}

    pub(crate) fn ran(&self, _: &Job, _: RunEnd<'_>) {}

    pub(crate) fn over(&self, _: &Job) {}

    pub(crate) fn retried(&self, _: &Job) {}

    pub(crate) fn failed(&self, _: &str) {}

    pub(crate) fn rescued(&self, _: u64) {}
}

pub(crate) fn sent<'a>(_: impl Iterator<Item = &'a NewTask>) {}
