//! Random invalid rows, and valid ones.

use super::{json, refused};
use crate::options::Modes;
use crate::roles::worker::COMMON;
use fang::Mode;
use fastrand::Rng;
use uuid::Uuid;

/// A task type with a difficult name. It has workers too.
pub(super) const ODD_TYPE: &str = "it's \"odd\"; 🦀 \\ %s $1\n--";
/// Task types without workers.
const NOBODYS: [&str; 4] = ["", " ", "'\"🦀", "x"];

/// The expected outcome of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The row is valid and runs once.
    Runs,
    /// The row may run, fail, or wait for a program that knows its kind. If it does not run, it says why.
    Ends,
    /// The row has the payload of a newer program, and waits for that.
    Newer,
    /// The row must not run: no worker serves its task type or mode, or it is never due. If its state says that it
    /// runs, it is rescued, and may fail for its crashes.
    Waits,
    /// The row runs once and fails then, since its removal is refused.
    Unremovable,
    /// The row runs, and stays in progress since every result is refused. After a lock-claim it runs again: nothing could be
    /// written.
    Unsavable,
    /// The written claim of the row is refused. It runs only under lock-claims, which may be lost with the results of others:
    /// then it may run again.
    Unclaimable,
}

impl Fate {
    /// Whether the row runs exactly once.
    pub(super) fn runs_once(self) -> bool {
        matches!(self, Self::Runs | Self::Unremovable)
    }

    /// Whether the row may run again, since nothing could be written of its run.
    pub(super) fn may_run_again(self) -> bool {
        matches!(self, Self::Unsavable | Self::Unclaimable)
    }
}

/// The columns of a row, as text where Rust has no type for all values.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) fate: Fate,
    pub(super) id: Uuid,
    pub(super) metadata: String,
    pub(super) state: &'static str,
    pub(super) task_type: String,
    pub(super) retries: i32,
    pub(super) scheduled_at: &'static str,
    pub(super) created_at: &'static str,
    pub(super) updated_at: &'static str,
    pub(super) mode: i16,
    pub(super) priority: i16,
    pub(super) lease: i32,
    pub(super) crashes: i16,
    pub(super) locked_by: Option<i64>,
    pub(super) unknown_since: Option<&'static str>,
}

/// Makes rows.
pub(super) struct Rows {
    random: Rng,
    modes: Vec<i16>,
}

impl Rows {
    pub(super) fn new(seed: u64, modes: Modes) -> Self {
        let all = match modes {
            Modes::Asynk => vec![Mode::Any, Mode::Asynk],
            Modes::Blocking => vec![Mode::Any, Mode::Blocking],
            Modes::Both => vec![Mode::Any, Mode::Asynk, Mode::Blocking],
        };
        Self { random: Rng::with_seed(seed), modes: all.into_iter().map(|mode| mode as i16).collect() }
    }

    /// A valid row, as an insert would write it.
    pub(super) fn valid(&mut self) -> Row {
        let task_type = if self.random.u8(0..4) == 0 { ODD_TYPE } else { COMMON };
        Row {
            fate: Fate::Runs,
            id: Uuid::now_v7(),
            metadata: WORK.to_owned(),
            state: "new",
            task_type: task_type.to_owned(),
            retries: 0,
            scheduled_at: "now",
            created_at: "now",
            updated_at: "now",
            mode: self.random.choice(self.modes.iter().copied()).unwrap_or_default(),
            priority: self.random.i16(0..4),
            lease: 0,
            crashes: 0,
            locked_by: None,
            unknown_since: None,
        }
    }

    /// A valid row of which a change is refused.
    pub(super) fn refused(&mut self) -> Row {
        let (fate, metadata) = refused::payload(&mut self.random);
        Row { fate, metadata, task_type: COMMON.to_owned(), ..self.valid() }
    }

    /// A row with an invalid payload, invalid other columns, or both.
    pub(super) fn fuzzed(&mut self) -> Row {
        let mut row = Row { fate: Fate::Ends, ..self.valid() };
        let wrong = self.random.u8(0..11);
        if wrong == 10 {
            let newer = self.random.choice(NEWER).unwrap_or(NEWER[0]);
            return Row { fate: Fate::Newer, metadata: newer.to_owned(), ..row };
        }
        if wrong < 8 {
            row.metadata = self.payload();
        }
        if wrong >= 6 {
            self.columns(&mut row);
        }
        row
    }

    fn payload(&mut self) -> String {
        let random = &mut self.random;
        match random.u8(0..10) {
            0 => json::value(random, 3),
            1 => json::deep(random),
            2 => format!("{{\"type\":{}}}", json::value(random, 2)),
            3 => format!("{{\"type\":{},\"millis\":0,\"manner\":\"Wait\"}}", json::text(random)),
            4 | 5 => format!("{{\"type\":\"Work\",\"millis\":{},\"manner\":\"Wait\"}}", no_span(random)),
            6 => format!("{{\"type\":\"Work\",\"millis\":0,\"manner\":{}}}", json::value(random, 2)),
            7 => format!("{{\"type\":\"Work\",{}:{}}}", json::text(random), json::value(random, 2)),
            // The struct ignores unknown fields.
            8 => format!("{{\"extra\":{},{}", json::value(random, 3), &WORK[1..]),
            _ => format!(
                "{{\"millis\":0,\"manner\":\"Wait\",{}:{}}}",
                json::text(random),
                json::value(random, 2)
            ),
        }
    }

    fn columns(&mut self, row: &mut Row) {
        let random = &mut self.random;
        let int =
            |random: &mut Rng| random.choice([i32::MIN, -1, 0, 1, 20, i32::MAX - 1, i32::MAX]).unwrap_or(0);
        row.retries = int(random);
        row.lease = int(random);
        row.crashes = random.choice([i16::MIN, -1, 0, 2, 3, i16::MAX - 1, i16::MAX]).unwrap_or(0);
        row.created_at = instant(random);
        row.scheduled_at = if random.u8(0..8) == 0 { "infinity" } else { past(random) };
        row.unknown_since = random.bool().then(|| instant(random));
        row.locked_by = random.bool().then(|| random.choice([i64::MIN, -1, 0, i64::MAX]).unwrap_or(0));
        row.updated_at = instant(random);
        match random.u8(0..10) {
            0 => row.task_type = nobodys(random),
            1 => row.mode = random.choice([i16::MIN, -1, 3, 7, i16::MAX]).unwrap_or(7),
            2 | 3 => row.state = "retried",
            4 => (row.state, row.updated_at) = ("in_progress", past(random)),
            _ => {}
        }
        let is_out_of_reach = row.scheduled_at == "infinity"
            || !(0..=2).contains(&row.mode)
            || ![ODD_TYPE, COMMON].contains(&row.task_type.as_str());
        if is_out_of_reach {
            row.fate = Fate::Waits;
        }
    }
}

pub(super) const WORK: &str = r#"{"type":"Work","millis":0,"manner":"Wait"}"#;

/// An unknown variant, and a missing field.
const NEWER: [&str; 3] = [
    r#"{"type":"Work","millis":0,"manner":"Fly"}"#,
    r#"{"type":"Work","millis":0,"manner":{"Fly":{"high":true}}}"#,
    r#"{"type":"Work","manner":"Wait"}"#,
];

/// An invalid number of milliseconds. A valid one might run for ages.
fn no_span(random: &mut Rng) -> String {
    const NONE: [&str; 8] =
        ["1e400", "-1e400", "1e5000", "1e-400", "-1", "0.5", "18446744073709551616", "null"];
    match random.u8(0..3) {
        0 => json::text(random),
        1 => json::deep(random),
        _ => random.choice(NONE).unwrap_or("null").to_owned(),
    }
}

fn past(random: &mut Rng) -> &'static str {
    random
        .choice(["-infinity", "4713-12-01 00:00:00+00 BC", "1969-12-31 23:59:59.999999+00", "yesterday"])
        .unwrap_or("now")
}

fn instant(random: &mut Rng) -> &'static str {
    random
        .choice(["infinity", "294276-12-31 23:59:59.999999+00", "now"])
        .filter(|_| random.bool())
        .unwrap_or_else(|| past(random))
}

fn nobodys(random: &mut Rng) -> String {
    if random.u8(0..10) == 0 {
        return "🦀".repeat(2500);
    }
    random.choice(NOBODYS).unwrap_or("x").to_owned()
}
