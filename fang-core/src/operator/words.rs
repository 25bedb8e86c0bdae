use crate::schedule::Missed;
use crate::store::WorkerInfo;
use crate::task::{Mode, Priority};

/// Values by their names.
pub type Names<T> = &'static [(&'static str, T)];

/// The modes of tasks to insert.
pub const MODES: Names<Mode> = &[("async", Mode::Asynk), ("blocking", Mode::Blocking)];
/// The priorities.
pub const PRIORITIES: Names<Priority> = &[
    ("urgent", Priority::Urgent),
    ("high", Priority::High),
    ("normal", Priority::Normal),
    ("low", Priority::Low),
];

/// The value of this name.
pub fn named<T: Copy>(names: Names<T>, wanted: &str) -> Option<T> {
    names.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value)
}

/// The name of a mode.
pub fn mode(mode: Mode) -> &'static str {
    name(MODES, &mode).unwrap_or("any")
}

/// The name of a priority.
pub fn priority(priority: Priority) -> &'static str {
    name(PRIORITIES, &priority).unwrap_or("normal")
}

fn name<T: PartialEq>(names: Names<T>, wanted: &T) -> Option<&'static str> {
    names.iter().find(|(_, value)| value == wanted).map(|(name, _)| *name)
}

/// The name of the mode of a worker.
pub fn worker_mode(worker: &WorkerInfo) -> &str {
    match worker.mode.as_str() {
        "asynk" => "async",
        other => other,
    }
}

/// Whether it lives, is quiet, and what it was asked.
pub fn worker_state(worker: &WorkerInfo) -> String {
    let mut state = worker.state.as_str().to_owned();
    if worker.is_lost {
        state += ", lost";
    }
    if worker.is_quiet {
        state += ", quiet";
    }
    if let Some(asked) = worker.asked {
        state += &format!(" ({} asked)", asked.as_str());
    }
    state
}

/// What becomes of missed ticks.
pub fn missed(missed: Missed) -> String {
    match missed {
        Missed::Coalesce => "coalesce".to_owned(),
        Missed::Skip => "skip".to_owned(),
        Missed::CatchUp(most) => format!("catch up {most}"),
    }
}

/// Reads what becomes of missed ticks: `coalesce`, `skip`, or the number of ticks that run.
///
/// # Errors
/// A text that says what to write.
pub fn read_missed(text: &str) -> Result<Missed, String> {
    match text {
        "coalesce" => Ok(Missed::Coalesce),
        "skip" => Ok(Missed::Skip),
        number => number
            .parse()
            .map(Missed::CatchUp)
            .map_err(|_| "write coalesce, skip or the number of ticks that run".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_name() {
        let priorities: Vec<_> = PRIORITIES.iter().map(|(_, priority)| *priority).collect();
        assert_eq!((priorities.as_slice(), priority(Priority::High)), (&Priority::ALL[..], "high"));
        assert_eq!([Mode::Any, Mode::Asynk, Mode::Blocking].map(mode), ["any", "async", "blocking"]);
        assert_eq!([named(MODES, "async"), named(MODES, "any")], [Some(Mode::Asynk), None]);
    }
}
