use super::cursor::Cursor;
use super::filter::Filter;
use super::page::{PageRequest, TaskPage};
use crate::task::Task;

/// A list of tasks, made of pages: asks for the next page until the list is full or the tasks end. For the authors of
/// stores.
#[derive(Debug)]
pub struct List<'a> {
    filter: &'a Filter,
    tasks: Vec<Task>,
    after: Option<Cursor>,
    has_more: bool,
}

impl<'a> List<'a> {
    /// The tasks that match the filter, the newest first, at most its limit.
    pub fn new(filter: &'a Filter) -> Self {
        Self { filter, tasks: Vec::new(), after: None, has_more: true }
    }

    /// The next page that the list needs.
    pub fn next_page(&self) -> Option<PageRequest<'a>> {
        let limit = self.filter.limit.saturating_sub(u32::try_from(self.tasks.len()).unwrap_or(u32::MAX));
        let request =
            PageRequest { after: self.after, limit, newest_first: true, ..PageRequest::new(self.filter) };
        (self.has_more && limit > 0).then_some(request)
    }

    /// Adds that page.
    pub fn add(&mut self, page: TaskPage) {
        self.tasks.extend(page.tasks);
        self.after = page.next;
        self.has_more = page.next.is_some();
    }

    /// The tasks.
    pub fn into_tasks(self) -> Vec<Task> {
        self.tasks
    }
}
