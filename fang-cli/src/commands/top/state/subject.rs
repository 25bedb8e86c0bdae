use super::super::act::Act;
use super::super::shown::Shown;
use fang_core::operator::Steer;
use fang_core::store::{Change, WorkerId};

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Type { name: String, is_paused: bool },
    Task(Shown),
    Worker { id: WorkerId, is_quiet: bool, is_dead: bool },
    Cron { name: String, is_paused: bool },
}

impl Subject {
    /// Whether both are the same thing, whatever its state.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Type { name, .. }, Self::Type { name: other, .. })
            | (Self::Cron { name, .. }, Self::Cron { name: other, .. }) => name == other,
            (Self::Task(task), Self::Task(other)) => task.id == other.id,
            (Self::Worker { id, .. }, Self::Worker { id: other, .. }) => id == other,
            _ => false,
        }
    }

    /// What a key does with it: nothing, an action, or the reason why not.
    pub(super) fn act(&self, key: char) -> Option<Result<Act, &'static str>> {
        match (self, key) {
            (Self::Type { name, is_paused: false }, 'p') => Some(Ok(Act::PauseType(name.clone()))),
            (Self::Type { name, is_paused: true }, 'p') => Some(Ok(Act::ResumeType(name.clone()))),
            (Self::Cron { name, is_paused: false }, 'p') => Some(Ok(Act::PauseCron(name.clone()))),
            (Self::Cron { name, is_paused: true }, 'p') => Some(Ok(Act::ResumeCron(name.clone()))),
            (Self::Cron { name, .. }, 'n') => Some(Ok(Act::RunCron(name.clone()))),
            (Self::Worker { is_dead: true, .. }, 'z' | 's') => Some(Err("the worker is dead")),
            (Self::Worker { id, is_quiet: false, .. }, 'z') => Some(Ok(Act::QuietWorker(*id))),
            (Self::Worker { id, is_quiet: true, .. }, 'z') => Some(Ok(Act::ResumeWorker(*id))),
            (Self::Worker { id, .. }, 's') => Some(Ok(Act::StopWorker(*id))),
            (Self::Task(task), key) => {
                let steer = Steer::new(change(key)?);
                let fits = steer.change.fits(task.state);
                Some(if fits { Ok(Act::Task(task.clone(), steer.change)) } else { Err(steer.rule) })
            }
            _ => None,
        }
    }
}

fn change(key: char) -> Option<Change> {
    match key {
        'r' => Some(Change::Retry),
        'c' => Some(Change::Cancel),
        'd' => Some(Change::Remove),
        _ => None,
    }
}
