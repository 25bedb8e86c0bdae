//! Maps and sets of task ids, which each task goes through several times. The standard library's hash costs some 190
//! instructions an id, this one a fifth of them.

use foldhash::fast::RandomState;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A value for each of some tasks.
pub(crate) type ById<V> = HashMap<Uuid, V, RandomState>;

/// Some tasks.
pub(crate) type Ids = HashSet<Uuid, RandomState>;
