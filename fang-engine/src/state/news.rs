//! What the claimer has not heard yet of task types.

use fang_core::notify::Notice;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The most task types that are kept apart. A pool for all task types is told of names that anyone can make up.
const MOST: usize = 10_000;

/// What notifications and the finisher told of task types. The claimer takes it.
#[derive(Debug, Default)]
pub struct News(Mutex<Untold>);

/// All news since they were taken last.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Untold {
    /// Whether there may be new tasks of any type.
    pub of_all: bool,
    /// The news of single types.
    pub of_types: HashMap<Arc<str>, OfType>,
}

/// The news of a task type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfType {
    /// The notice that stands for all that came.
    pub notice: Option<Notice>,
    /// When its next task becomes due, as far as that was told.
    pub due_at: Option<Duration>,
}

impl News {
    /// There may be new tasks of any type.
    pub fn of_all(&self) {
        self.with(|untold| untold.of_all = true);
    }

    /// A task of this type was inserted.
    pub fn inserted(&self, task_type: Arc<str>, notice: Notice) {
        self.with(|untold| untold.change(task_type, |news| news.notice = news.notice.max(Some(notice))));
    }

    /// A task of this type becomes due then.
    pub fn due_at(&self, task_type: Arc<str>, at: Duration) {
        self.with(|untold| {
            untold.change(task_type, |news| {
                news.due_at = Some(news.due_at.map_or(at, |known| known.min(at)));
            });
        });
    }

    /// All news since the last call.
    pub fn take(&self) -> Untold {
        self.with(std::mem::take)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Untold) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Untold {
    fn change(&mut self, task_type: Arc<str>, change: impl FnOnce(&mut OfType)) {
        if self.of_types.len() < MOST || self.of_types.contains_key(&task_type) {
            change(self.of_types.entry(task_type).or_default());
        } else {
            self.of_all = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_notices_one_is_left_that_stands_for_all() {
        let (news, mail) = (News::default(), Arc::<str>::from("mail"));
        news.inserted(mail.clone(), Notice::Burst);
        news.inserted(mail.clone(), Notice::Single);
        [9, 3, 5].into_iter().for_each(|at| news.due_at(mail.clone(), Duration::from_secs(at)));
        let of_mail = OfType { notice: Some(Notice::Burst), due_at: Some(Duration::from_secs(3)) };
        assert_eq!(news.take(), Untold { of_all: false, of_types: [(mail, of_mail)].into() });
        assert_eq!(news.take(), Untold::default());
    }

    #[test]
    fn news_of_too_many_types_are_news_of_all() {
        let news = News::default();
        (0..=MOST).for_each(|n| news.inserted(n.to_string().into(), Notice::Single));
        let untold = news.take();
        assert!(untold.of_all && untold.of_types.len() == MOST);
    }
}
