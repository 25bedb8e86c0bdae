use super::claim::DbInstant;
use super::cursor::Cursor;
use crate::task::{FangTaskState, Mode, Priority, Task};

/// The order in which tasks come page by page. The [filter](super::Filter::walk) decides, so that an index finds its
/// tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// By id, the newest first. For a filter that fits none of the others.
    Newest,
    /// The tasks that are in progress, the newest first.
    Running,
    /// The tasks that have failed or finished: the last ended first, then those with a
    /// [`keep_until`](Task::keep_until), that of the latest first.
    Ended,
    /// The waiting tasks of a task type: the most urgent first, and of these the next due first, for each mode.
    Ready,
}

/// Of tasks by their ids.
pub(crate) const BY_ID: u8 = 0;

const ENDED: u8 = 1;
const KEPT: u8 = 2;
const READY: u8 = 10;

/// A part of a [`Walk`], which is ordered by an instant. Tasks of the same instant come by their ids, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The tasks that have ended, by [`updated_at`](Task::updated_at), the latest first.
    Ended,
    /// The tasks that have ended and are kept, by [`keep_until`](Task::keep_until), the latest first.
    Kept,
    /// The waiting tasks of a mode and a priority, by [`scheduled_at`](Task::scheduled_at), the earliest first.
    Ready(Mode, Priority),
}

impl Part {
    /// The number in a [`Cursor`].
    pub fn number(self) -> u8 {
        match self {
            Self::Ended => ENDED,
            Self::Kept => KEPT,
            Self::Ready(mode, priority) => READY + 3 * priority as u8 + mode as u8,
        }
    }

    fn instant(self, task: &Task) -> DbInstant {
        DbInstant::from(match self {
            Self::Ended => task.updated_at,
            Self::Kept => task.keep_until.unwrap_or(task.updated_at),
            Self::Ready(..) => task.scheduled_at,
        })
    }
}

impl Walk {
    /// The parts, in their order. None if the walk is by id.
    pub fn parts(self) -> Vec<Part> {
        match self {
            Self::Newest | Self::Running => Vec::new(),
            Self::Ended => vec![Part::Ended, Part::Kept],
            Self::Ready => {
                let modes = [Mode::Any, Mode::Asynk, Mode::Blocking];
                let of = |priority| modes.map(|mode| Part::Ready(mode, priority));
                Priority::ALL.map(of).concat()
            }
        }
    }

    /// The place of a task. `None` if the walk does not pass it. The task type is not looked at.
    pub fn place(self, task: &Task) -> Option<Cursor> {
        let part = match self {
            Self::Newest => return Some(Cursor::new(BY_ID, DbInstant(0), task.id)),
            Self::Running if task.state == FangTaskState::InProgress => {
                return Some(Cursor::new(BY_ID, DbInstant(0), task.id));
            }
            Self::Ended if task.state.is_alive() => return None,
            Self::Ended if task.keep_until.is_some() => Part::Kept,
            Self::Ended => Part::Ended,
            Self::Ready if task.state.is_waiting() => Part::Ready(task.mode, task.priority),
            Self::Running | Self::Ready => return None,
        };
        Some(Cursor::new(part.number(), part.instant(task), task.id))
    }
}

impl Cursor {
    /// Cursors in the order of a walk.
    pub(super) fn rank(&self) -> (u8, i64, u128) {
        let id = !self.id.unwrap_or_default().as_u128();
        (self.part, if self.part < READY { !self.at.0 } else { self.at.0 }, id)
    }
}
