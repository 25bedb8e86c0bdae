//! Task types with tasks to claim.

use super::tables::{ReadyKey, Tables};
use super::tasks::later;
use crate::store::{ReadyLook, ReadyTypes};
use crate::task::Mode;
use chrono::{DateTime, Utc};
use std::ops::Bound;
use uuid::Uuid;

impl Tables {
    /// Jumps from scan range to scan range, and reads the first task of each.
    pub(super) fn ready_types(&self, look: &ReadyLook, now: DateTime<Utc>) -> ReadyTypes {
        let (mut ready, mut looked) = (ReadyTypes::default(), 0);
        let latest = later(now, look.within);
        let before =
            |task_type: &str| (task_type.to_owned(), i16::MIN, 0, DateTime::<Utc>::MIN_UTC, Uuid::nil());
        let mut first = self.ready.range((Bound::Included(before(&look.from)), Bound::Unbounded)).next();
        while let Some(key) = first {
            let (task_type, mode, priority, at, _) = key;
            if looked == look.limit {
                ready.next = Some(task_type.clone());
                break;
            }
            looked += 1;
            let is_meant = *mode == Mode::Any as i16 || *mode == look.mode as i16;
            let is_due = is_meant && *at <= now;
            if is_meant && *at <= latest && !self.paused.contains_key(task_type) {
                match is_due {
                    true => ready.due.push(task_type.clone()),
                    false => ready.later.push((task_type.clone(), (*at - now).to_std().unwrap_or_default())),
                }
            }
            let mode = if is_due { i16::MAX } else { *mode };
            let end: ReadyKey = (task_type.clone(), mode, *priority, DateTime::<Utc>::MAX_UTC, Uuid::max());
            first = self.ready.range((Bound::Excluded(end), Bound::Unbounded)).next();
        }
        ready
    }
}
