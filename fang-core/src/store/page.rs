use super::cursor::Cursor;
use super::filter::Filter;
use super::walk::{Part, Walk};
use crate::task::Task;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The most tasks that a store looks at for one page. It may stop earlier: Postgres stops at 4,000 on pages of ended
/// tasks, and of the waiting tasks of a type.
pub const MAX_LOOK: u64 = 10_000;

/// The most tasks on a page.
pub const MAX_PAGE: u32 = 1_000;

/// The most bytes of payload on a page, unless a single payload is larger.
pub const MAX_PAGE_BYTES: usize = 8 * 1024 * 1024;

/// One page of the tasks that match a filter.
///
/// ```
/// use fang_core::FangTaskState;
/// use fang_core::store::{Filter, PageRequest};
/// let failed = Filter::in_state(FangTaskState::Failed);
/// let first = PageRequest::new(&failed);
/// assert_eq!(first.limit, 100);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest<'a> {
    /// The tasks.
    pub filter: &'a Filter,
    /// The [`next`](TaskPage::next) of the page before. `None` for the first page.
    pub after: Option<Cursor>,
    /// At most this many tasks, and at most [`MAX_PAGE`]. Defaults to the limit of the filter.
    pub limit: u32,
    /// Whether the tasks come by their ids, the newest first, whatever the filter is. Defaults to `false`: the filter
    /// decides, by its [`walk`](Filter::walk).
    pub newest_first: bool,
    /// Whether tasks are only counted. The store then looks at as many tasks as a page may, whatever the limit is, and
    /// returns none. Defaults to `false`.
    pub count_only: bool,
}

impl<'a> PageRequest<'a> {
    /// The first page of the tasks that match this filter.
    pub fn new(filter: &'a Filter) -> Self {
        Self { filter, after: None, limit: filter.limit, newest_first: false, count_only: false }
    }

    /// The page behind this cursor.
    #[must_use]
    pub fn after(self, cursor: Cursor) -> Self {
        Self { after: Some(cursor), ..self }
    }

    /// The order of the tasks.
    pub fn walk(&self) -> Walk {
        if self.newest_first { Walk::Newest } else { self.filter.walk() }
    }

    /// The parts of the walk that can have tasks of the filter: those of its priority, if it has one.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = self.walk().parts();
        parts.retain(|part| match (part, self.filter.priority) {
            (Part::Ready(_, of), Some(wanted)) => *of == wanted,
            _ => true,
        });
        parts
    }

    /// The most tasks that the page may return or count.
    pub fn room(&self) -> u64 {
        if self.count_only { MAX_LOOK } else { u64::from(self.limit.clamp(1, MAX_PAGE)) }
    }

    /// Makes the page, for a store that has all its tasks in memory. `heads` are all tasks, in any order, with or
    /// without payloads. `find` returns a whole task.
    pub fn pick(
        &self,
        heads: impl IntoIterator<Item = Task>,
        find: impl Fn(Uuid) -> Option<Task>,
        now: DateTime<Utc>,
    ) -> TaskPage {
        let walk = self.walk();
        let after = self.after.map(|cursor| cursor.rank());
        let places = heads.into_iter().filter_map(|head| walk.place(&head));
        let mut places: Vec<Cursor> =
            places.filter(|place| after.is_none_or(|after| place.rank() > after)).collect();
        places.sort_unstable_by_key(Cursor::rank);
        let (mut page, mut bytes, all) = (TaskPage::default(), 0, places.len() as u64);
        for place in places.into_iter().take(MAX_LOOK as usize) {
            if let Some(task) = place.id.and_then(&find).filter(|task| self.filter.matches(task, now)) {
                bytes += if self.returns_payloads() { task.metadata.to_string().len() } else { 0 };
                if bytes > MAX_PAGE_BYTES && page.matched > 0 {
                    break;
                }
                page.matched += 1;
                page.add(task, self);
            }
            page.looked += 1;
            page.next = Some(place);
            if page.matched == self.room() {
                break;
            }
        }
        page.next = page.next.filter(|_| page.looked < all);
        page
    }

    /// Whether the tasks of the page have their payloads.
    pub fn returns_payloads(&self) -> bool {
        !self.count_only && !self.filter.without_payload
    }
}

/// A page of tasks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskPage {
    /// The tasks, in the order of the [`walk`](PageRequest::walk). A task that changes between two pages may be on both
    /// of them, or on none.
    pub tasks: Vec<Task>,
    /// How many tasks of the page match.
    pub matched: u64,
    /// How many tasks the store looked at, at most [`MAX_LOOK`].
    pub looked: u64,
    /// Where the next page begins. `None` if this is the last one. A page may be empty and not the last.
    pub next: Option<Cursor>,
}

impl TaskPage {
    fn add(&mut self, mut task: Task, request: &PageRequest<'_>) {
        if request.count_only {
            return;
        }
        if request.filter.without_payload {
            task = task.without_payload();
        }
        self.tasks.push(task);
    }
}

/// How many tasks match a filter, as far as the store has looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Matching {
    /// How many tasks match among those that were looked at.
    pub tasks: u64,
    /// How many tasks were looked at.
    pub looked: u64,
    /// Whether there may be more: the count stopped at [`Capped::MAX`](super::Capped::MAX) tasks, or at
    /// [`MAX_LOOKED`](Self::MAX_LOOKED) that it looked at.
    pub is_cut: bool,
}

impl Matching {
    /// A count looks at about this many tasks at most.
    pub const MAX_LOOKED: u64 = 10 * MAX_LOOK;
}

/// The number, with a plus sign if there may be more.
impl std::fmt::Display for Matching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.tasks, if self.is_cut { "+" } else { "" })
    }
}
