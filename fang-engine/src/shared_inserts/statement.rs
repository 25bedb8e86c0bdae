//! One statement that several callers share.

use super::{Caller, Outcome, Told, wake};
use fang_core::error::Nature;
use fang_core::halving::{Halving, Refused};
use fang_core::store::{Inserted, Store};
use fang_core::{NewTask, StoreError};
use std::mem::take;
use std::time::{Duration, Instant};

/// How many callers may be refused alone before anything was saved. Then their tasks are not the reason.
const MAX_ALONE: usize = 16;

/// A statement that took longer before an error that should pass may have waited for a lock. It is not sent again in halves, each
/// of which would wait as long.
const QUICK: Duration = Duration::from_secs(1);

/// Sends the tasks of these callers and tells them the answers. Returns that of the leader. A statement that is
/// refused, maybe for the sake of one task, is sent in halves, until the callers with such a task stand alone.
pub(super) async fn send(store: &dyn Store, callers: Vec<Caller>, leader: Option<u64>) -> Option<Outcome> {
    let mut answers = Answers { leader, own: None };
    let mut halving = Halving::up_to(MAX_ALONE, callers);
    while let Some(mut piece) = halving.next_piece() {
        let counts: Vec<usize> = piece.items.iter().map(|caller| caller.tasks.len()).collect();
        let tasks: Vec<NewTask> = piece.items.iter_mut().flat_map(|caller| take(&mut caller.tasks)).collect();
        let began = Instant::now();
        match insert(store, &tasks).await {
            Ok(inserted) => {
                halving.saved();
                answers.saved(piece.items, &counts, inserted);
            }
            Err(error) if may_be_of_one(&error, began.elapsed()) => {
                give_back(&mut piece.items, &counts, tasks, &error);
                halving.refused(piece);
            }
            Err(error) => {
                piece.items.into_iter().for_each(|caller| answers.give(&caller, Err(error.clone())))
            }
        }
    }
    let Refused { alone, rest } = halving.end();
    for mut caller in alone.into_iter().chain(rest) {
        let error = caller.refused.take().unwrap_or_else(StoreError::no_answer);
        answers.give(&caller, Err(error));
    }
    answers.own
}

async fn insert(store: &dyn Store, tasks: &[NewTask]) -> Outcome {
    let inserted = store.insert(tasks).await?;
    // Nobody must get the answer of another one.
    if inserted.len() == tasks.len() { Ok(inserted) } else { Err(StoreError::no_answer()) }
}

/// Whether one of the tasks may be the reason. A trigger of the application may refuse a row with any code.
fn may_be_of_one(error: &StoreError, took: Duration) -> bool {
    let should_pass = matches!(error.nature(), Nature::Passing | Nature::Contended);
    error.is_refusal() && (took < QUICK || !should_pass)
}

/// Gives refused callers their tasks back, to be sent again in smaller company.
fn give_back(callers: &mut [Caller], counts: &[usize], tasks: Vec<NewTask>, error: &StoreError) {
    let mut tasks = tasks.into_iter();
    for (caller, count) in callers.iter_mut().zip(counts) {
        caller.tasks.extend(tasks.by_ref().take(*count));
        caller.refused = Some(error.clone());
    }
}

struct Answers {
    leader: Option<u64>,
    own: Option<Outcome>,
}

impl Answers {
    fn saved(&mut self, callers: Vec<Caller>, counts: &[usize], inserted: Vec<Inserted>) {
        let mut inserted = inserted.into_iter();
        for (caller, count) in callers.into_iter().zip(counts) {
            let own = inserted.by_ref().take(*count).collect();
            self.give(&caller, Ok(own));
        }
    }

    fn give(&mut self, caller: &Caller, outcome: Outcome) {
        match self.leader == Some(caller.number) {
            true => self.own = Some(outcome),
            false => wake(caller.post.put(Told::Answer(outcome))),
        }
    }
}
