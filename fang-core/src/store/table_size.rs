use std::time::Duration;

/// A table of a store, by the statistics of its server. They are estimates, and some seconds old.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableSize {
    /// The name, such as `fang_tasks`.
    pub name: String,
    /// How many rows it has.
    pub live_rows: u64,
    /// How many rows were changed or removed and still take room. Claims have to pass by them.
    pub dead_rows: u64,
    /// How many bytes its rows take, without indexes and long values.
    pub bytes: u64,
    /// How long ago the server last removed dead rows. `None` if that is not known.
    pub vacuumed: Option<Duration>,
}

impl TableSize {
    /// A table with this name and so many rows and bytes.
    pub fn new(name: impl Into<String>, live_rows: u64, dead_rows: u64, bytes: u64) -> Self {
        Self { name: name.into(), live_rows, dead_rows, bytes, vacuumed: None }
    }
}
