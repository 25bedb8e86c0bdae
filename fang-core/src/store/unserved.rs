use crate::task::Mode;

/// The answer of [`unserved`](super::Store::unserved).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unserved {
    /// The task types whose tasks wait in vain, ordered as the store orders them.
    pub unserved: Vec<UnservedType>,
    /// The task types that workers serve, in any order. May be empty if no type is unserved.
    pub served: Vec<String>,
    /// Whether workers serve all task types of their mode, or more than their rows list. May be `false` if no type is
    /// unserved.
    pub is_open: bool,
    /// The task type from which the next call goes on, or `None` if this call reached the last type.
    pub next: Option<String>,
}

/// A task type with tasks of a mode that no worker serves.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnservedType {
    /// The task type.
    pub task_type: String,
    /// The mode of the tasks.
    pub mode: Mode,
}
