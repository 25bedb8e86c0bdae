//! The tasks whose pages are open. Viewers of one task share what was read.

use crate::cached::Cached;
use crate::refusal::Refusal;
use fang_core::store::Running;
use fang_core::{FangTaskState, QueueError, Task};
use fang_engine::handle::Admin;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long a task is told again to live pages.
const FRESH_FOR: Duration = Duration::from_secs(2);
/// A task that no page has asked for so long is forgotten.
const FORGET_AFTER: Duration = Duration::from_secs(10);

/// A task, and where it runs if its row tells.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) task: Task,
    pub(crate) place: Option<Running>,
}

type Answer = Cached<Option<Seen>>;

/// What was read of tasks, by id.
#[derive(Debug, Default)]
pub(crate) struct Tasks(Mutex<BTreeMap<Uuid, (Instant, Arc<Answer>)>>);

impl Tasks {
    /// The task with this id. `is_new` reads it again: a page that was just opened shows what is.
    pub(crate) async fn get(
        &self,
        admin: &Admin,
        id: Uuid,
        is_new: bool,
    ) -> Result<Arc<Option<Seen>>, Refusal> {
        let (admin, answer) = (admin.clone(), self.answer(id));
        if is_new {
            answer.forget();
        }
        answer.get(FRESH_FOR, move |_| read(admin, id)).await
    }

    /// Forgets all, since an action has changed some.
    pub(crate) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn answer(&self, id: Uuid) -> Arc<Answer> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (asked, _)| asked.elapsed() < FORGET_AFTER);
        let (asked, answer) = all.entry(id).or_insert_with(|| (Instant::now(), Arc::default()));
        *asked = Instant::now();
        answer.clone()
    }
}

async fn read(admin: Admin, id: Uuid) -> Result<Option<Seen>, QueueError> {
    let Some(task) = admin.find(id).await? else { return Ok(None) };
    let mut place = None;
    if task.state == FangTaskState::InProgress {
        let before = Uuid::from_u128(id.as_u128().saturating_add(1));
        let page = admin.running(Some(before), 1).await?;
        place = page.tasks.into_iter().find(|running| running.task.id == id);
    }
    Ok(Some(Seen { task, place }))
}
