//! Task types that no worker serves.

use super::tables::{Tables, Worker};
use crate::store::{Unserved, UnservedType};
use crate::task::Mode;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::BTreeSet;

const LONG: TimeDelta = TimeDelta::minutes(1);

/// What a worker says of itself when it registers.
#[derive(Deserialize)]
struct Info {
    mode: String,
    task_types: Vec<String>,
    #[serde(default)]
    all_task_types: bool,
    #[serde(default)]
    more_task_types: u32,
}

impl Tables {
    pub(super) fn unserved(&self, from: &str, limit: u32, now: DateTime<Utc>) -> Unserved {
        let has_served = |worker: &&Worker| worker.dead_at.is_none_or(|dead_at| now - dead_at < LONG);
        let infos = self.workers.values().filter(has_served);
        let infos: Vec<Info> = infos.filter_map(|worker| serde_json::from_str(&worker.info).ok()).collect();
        let types: BTreeSet<&str> =
            self.ready.iter().map(|key| key.0.as_str()).filter(|task_type| *task_type >= from).collect();
        let next = types.iter().nth(limit as usize).copied();
        let is_meant = |task_type: &str| task_type >= from && next.is_none_or(|next| task_type < next);
        let due =
            self.ready.iter().filter(|(task_type, _, _, at, _)| is_meant(task_type) && now - *at > LONG);
        let due: BTreeSet<(&str, i16)> =
            due.map(|(task_type, mode, ..)| (task_type.as_str(), *mode)).collect();
        let unserved = due.into_iter().filter_map(|(task_type, mode)| {
            let mode = Mode::from_number(mode)?;
            let waits_in_vain = !self.paused.contains_key(task_type)
                && !infos.iter().any(|info| info.serves(task_type, mode));
            waits_in_vain.then(|| UnservedType { task_type: task_type.to_owned(), mode })
        });
        let served: BTreeSet<&String> = infos.iter().flat_map(|info| &info.task_types).collect();
        Unserved {
            unserved: unserved.collect(),
            served: served.into_iter().cloned().collect(),
            is_open: infos.iter().any(Info::is_open),
            next: next.map(str::to_owned),
        }
    }
}

impl Info {
    fn serves(&self, task_type: &str, mode: Mode) -> bool {
        let is_of_mode = match mode {
            Mode::Any => true,
            Mode::Asynk => self.mode == "asynk",
            Mode::Blocking => self.mode == "blocking",
        };
        is_of_mode && (self.is_open() || self.task_types.iter().any(|served| served == task_type))
    }

    /// Whether it may serve types that it does not list.
    fn is_open(&self) -> bool {
        self.all_task_types || self.more_task_types > 0
    }
}
