use super::{Beat, Counts};
use std::fmt;

/// What a pool tells with a beat: how many of its workers are busy, and what it has counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many tasks it runs at the same time.
    pub workers: u32,
    /// How many tasks it runs now.
    pub busy: u32,
    /// Whether it is quiet: it claims no tasks.
    pub is_quiet: bool,
    /// What it has counted since it registered, at most [`Counts::MAX_BYTES`] of JSON. The store keeps it in place of
    /// what was told before. `None` if that has not changed.
    pub counts: Option<Counts>,
    /// What it was [asked](ReportedBeat::asked) by an earlier beat and has begun to do. The store asks for it no more.
    pub done: Option<Asked>,
}

/// What a worker is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Asked {
    /// Claim no more tasks, give back those that have not begun, and let the running ones end.
    Quiet,
    /// Claim tasks again.
    Resume,
    /// Shut down, as at a signal.
    Stop,
}

impl Asked {
    const ALL: [Self; 3] = [Self::Quiet, Self::Resume, Self::Stop];

    /// The name in the table: `quiet`, `resume` or `stop`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Resume => "resume",
            Self::Stop => "stop",
        }
    }

    /// Reads the name in the table. `None` for another name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|asked| asked.as_str() == name)
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The answer to a beat with a [`Report`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportedBeat {
    /// The answer to the beat itself.
    pub beat: Beat,
    /// Whether the store has saved the counts of the report. Counts of a worker that was declared dead are saved too,
    /// as long as its row is there.
    pub is_saved: bool,
    /// Whether a minute is over that nobody has gathered yet. The pool then calls
    /// [`gather`](super::Store::gather).
    pub minute_is_due: bool,
    /// What the worker is asked to do.
    pub asked: Option<Asked>,
}

impl ReportedBeat {
    /// The answer of a store that keeps no reports.
    pub fn without_report(beat: Beat) -> Self {
        Self { beat, is_saved: false, minute_is_due: false, asked: None }
    }

    /// Whether the counts of the report are saved.
    #[must_use]
    pub fn saved(self, is_saved: bool) -> Self {
        Self { is_saved, ..self }
    }

    /// Whether a minute is to be gathered.
    #[must_use]
    pub fn minute_is_due(self, minute_is_due: bool) -> Self {
        Self { minute_is_due, ..self }
    }

    /// What the worker is asked to do.
    #[must_use]
    pub fn asked(self, asked: Option<Asked>) -> Self {
        Self { asked, ..self }
    }
}

impl Report {
    /// The report of a pool with this many workers, of which so many are busy.
    pub fn new(workers: u32, busy: u32) -> Self {
        Self { workers, busy, ..Self::default() }
    }
}
