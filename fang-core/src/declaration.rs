//! What a program says about its kinds besides how they run: other names, and the values that they need.

use crate::backoff::{self, Backoff};
use crate::context::Values;
use crate::error::QueueError;
use crate::function::Shared;
use crate::kind::Kinds;
use crate::runnable::DEFAULT_MAX_RETRIES;
use crate::task::Mode;
use std::time::Duration;

/// A kind of tasks that `#[fang::task]` declared. The code that it makes registers each, as typetag does.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Declaration {
    /// The kind.
    pub kind: &'static str,
    /// The names that the kind had before.
    pub aliases: &'static [&'static str],
    /// The pools that run it.
    pub mode: Mode,
    /// The task type of its tasks, unless their insert sets another.
    pub task_type: &'static str,
    /// The values that a pool must have to run it.
    pub needs: &'static [Need],
    /// Whether its payloads have no version, and surely no field of that name.
    pub is_first_version: bool,
    /// What happens to its tasks after a failure.
    pub retries: Retries,
}

impl Declaration {
    /// Whether it declares this kind, also under a name that this had before. The kinds of the modes are apart.
    fn is_of(&self, kind: &str, mode: Mode) -> bool {
        self.mode == mode && (self.kind == kind || self.aliases.contains(&kind))
    }
}

/// How often the tasks of a kind are retried and how long they wait before. `None` for the default, or if the arguments
/// of the task decide.
#[derive(Clone, Copy, Debug, Default)]
#[doc(hidden)]
pub struct Retries {
    /// The largest number of retries.
    pub max: Option<fn() -> i32>,
    /// The wait before each.
    pub backoff: Option<fn() -> Backoff>,
}

impl Retries {
    /// How often a task may be retried, and how long it waits after so many retries. `random` is a number from 0 to 1.
    fn after(self, retries: u32, random: f64) -> (i32, Duration) {
        let by_default = || Duration::from_secs(backoff::exponential(retries).into());
        let wait = self.backoff.map_or_else(by_default, |policy| policy().wait(retries, random));
        (self.max.map_or(DEFAULT_MAX_RETRIES, |max| max()), wait)
    }
}

inventory::collect!(Declaration);

/// A task that `#[fang::task]` declared. The type has the name of the function.
pub trait Declared {
    /// The kind of the task: what `type` in its payload says.
    const KIND: &'static str;

    #[doc(hidden)]
    const DECLARATION: Declaration;
}

/// A value that a task takes from its pool.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Need {
    name: fn() -> &'static str,
    is_in: fn(&Values) -> bool,
}

impl Need {
    /// The need of an argument `State<T>`.
    pub const fn state<T: Shared>() -> Self {
        Self { name: std::any::type_name::<T>, is_in: |values| values.shared::<T>().is_some() }
    }
}

/// The names that this kind had before.
pub(crate) fn aliases(kind: &str) -> impl Iterator<Item = &'static str> {
    all().filter(move |one| one.kind == kind).flat_map(|one| one.aliases).copied()
}

/// After how many retries a task of this kind fails, and how long it waits after so many, as far as its kind alone says.
/// `None` for a kind that is not declared. Calls code of the application.
pub(crate) fn after_failure(
    kinds: &Kinds,
    (kind, mode): (&str, Mode),
    retries: u32,
    random: f64,
) -> Option<(i32, Duration)> {
    let is_it = |one: &&Declaration| one.is_of(kind, mode);
    let declared = all().find(is_it).or_else(|| kinds.registered().iter().find(is_it))?;
    Some(declared.retries.after(retries, random))
}

/// Whether the payloads of this kind have no version in this program.
pub(crate) fn is_first_version(kind: &str, mode: Mode) -> bool {
    all().any(|one| one.is_first_version && one.is_of(kind, mode))
}

fn all() -> impl Iterator<Item = &'static Declaration> {
    inventory::iter::<Declaration>()
}

/// Checks that a pool has all values that its tasks need: those of its mode, its task types and its kinds.
///
/// # Errors
/// [`QueueError::NoState`] with the first value that it lacks.
pub fn check_state(
    mode: Mode,
    serves: impl Fn(&str) -> bool,
    kinds: &Kinds,
    values: &Values,
) -> Result<(), QueueError> {
    let lacks = |one: &Declaration| {
        let is_allowed = kinds.allows(one.kind) || one.aliases.iter().any(|alias| kinds.allows(alias));
        let is_served = one.mode == mode && serves(one.task_type) && is_allowed;
        one.needs.iter().find(|need| is_served && !(need.is_in)(values)).map(|need| QueueError::NoState {
            kind: one.kind,
            task_type: one.task_type,
            state: (need.name)(),
        })
    };
    all().find_map(lacks).or_else(|| kinds.registered().iter().find_map(lacks)).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const MAIL: Declaration = Declaration {
        kind: "Mail",
        aliases: &["Letter"],
        mode: Mode::Asynk,
        task_type: "mail",
        needs: &[Need::state::<u8>(), Need::state::<String>()],
        is_first_version: true,
        retries: Retries { max: Some(|| 3), backoff: None },
    };

    fn lacks(mode: Mode, task_type: &str, kinds: &Kinds, values: &Values) -> Option<&'static str> {
        match check_state(mode, |served| served == task_type, kinds, values) {
            Err(QueueError::NoState { state, .. }) => Some(state),
            _ => None,
        }
    }

    #[test]
    fn a_value_counts_as_it_is_and_behind_an_arc() {
        let mut kinds = Kinds::default();
        kinds.register(MAIL);
        let mut values = Values::default();
        assert_eq!(lacks(Mode::Asynk, "mail", &kinds, &values), Some("u8"));
        values.insert(7_u8);
        assert_eq!(lacks(Mode::Asynk, "mail", &kinds, &values), Some("alloc::string::String"));
        values.insert(Arc::new(String::new()));
        assert_eq!(lacks(Mode::Asynk, "mail", &kinds, &values), None);
    }

    #[test]
    fn the_retries_of_a_kind_are_known_without_its_arguments_also_under_its_earlier_names() {
        let mut kinds = Kinds::default();
        kinds.register(MAIL);
        let after = |kind, mode| after_failure(&kinds, (kind, mode), 2, 0.5);
        let declared = Some((3, Duration::from_secs(4)));
        assert_eq!(["Mail", "Letter"].map(|kind| after(kind, Mode::Asynk)), [declared; 2]);
        assert_eq!((after("Mail", Mode::Blocking), after("Other", Mode::Asynk)), (None, None));
    }

    #[test]
    fn only_the_tasks_that_a_pool_serves_need_something() {
        let (mut kinds, values) = (Kinds::default(), Values::default());
        kinds.register(MAIL);
        assert_eq!(lacks(Mode::Blocking, "mail", &kinds, &values), None);
        assert_eq!(lacks(Mode::Asynk, "other", &kinds, &values), None);
        kinds.allow("Another");
        assert_eq!(lacks(Mode::Asynk, "mail", &kinds, &values), None);
        for kind in ["Mail", "Letter"] {
            let mut kinds = Kinds::default();
            kinds.register(MAIL);
            kinds.allow(kind);
            assert_eq!(lacks(Mode::Asynk, "mail", &kinds, &values), Some("u8"), "{kind}");
        }
    }
}
