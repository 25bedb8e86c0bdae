//! The finisher: saves results in batches. A batch is all that came in while the last one was being saved, so a
//! single result is saved at once, and under load many share a commit. Results that the store refuses are set aside
//! and sent again later, so that others need not wait for them.

use crate::part::{Part, run_to_end};
use crate::phase::Phase;
use crate::policy::aside::{Alone, Aside, NextTry, Source};
use crate::policy::late::{Fate, decide_rest, fate};
use crate::policy::retry_pause::RetryPause;
use crate::signal::{SetAtEnd, first_of};
use crate::state::results::{MAX_BATCH, by_worker};
use crate::state::{Finished, MAX_LATE, Pool, tell_late, tell_refused};
use async_channel::Receiver;
use fang_core::halving::Halving;
use fang_core::store::{Finish, Verdict};
use fang_core::{RetentionMode, StoreError};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::{iter, slice};

/// How long a statement is on its way to the store, nearly always. A claim that came earlier than a task is due would
/// need another one.
const ON_ITS_WAY: Duration = Duration::from_millis(1);

pub(crate) struct Finisher {
    pool: Arc<Pool>,
    results: Receiver<Finished>,
    /// Empty between two rounds, and kept for its room.
    batch: Vec<Finished>,
    aside: Aside,
    /// Why the store last refused a result.
    last_refusal: Option<StoreError>,
    /// Whether all results that are aside were tried since the pool closes.
    has_hurried: bool,
    /// Set when the finisher ends, even if it is dropped with its runtime.
    _ended: SetAtEnd,
}

impl Finisher {
    pub(crate) fn new(pool: Arc<Pool>, results: Receiver<Finished>) -> Self {
        let ended = SetAtEnd::new(&pool.finisher_ended);
        let batch = Vec::with_capacity(MAX_BATCH);
        Self {
            pool,
            results,
            batch,
            aside: Aside::default(),
            last_refusal: None,
            has_hurried: false,
            _ended: ended,
        }
    }

    /// Saves until no more results can come.
    pub(crate) async fn run(mut self) {
        run_to_end(&mut self).await;
    }

    /// Waits for results, and saves them. Returns `false` when nothing is left to save and nothing more will come.
    pub(crate) async fn save_next(&mut self) -> bool {
        let mut batch = std::mem::take(&mut self.batch);
        let has_more = self.gather(&mut batch).await;
        let groups = by_worker(&mut batch);
        self.batch = batch;
        if !has_more {
            return false;
        }
        for (source, results) in groups {
            self.save(source, results).await;
        }
        if !self.aside.is_empty() {
            self.save_aside().await;
        }
        true
    }

    /// Whether results that the store refused wait to be sent again.
    pub(crate) fn has_aside(&self) -> bool {
        !self.aside.is_empty()
    }

    /// Why the store last refused a result.
    pub(crate) fn last_refusal(&self) -> Option<&StoreError> {
        self.last_refusal.as_ref()
    }

    /// Waits for results and takes all of them, or until results that are aside are due. Returns `false` when nothing
    /// is left to save and nothing more will come.
    async fn gather(&self, batch: &mut Vec<Finished>) -> bool {
        let phase = self.pool.phase.get();
        if self.take_all(batch) {
            return true;
        }
        if phase >= Phase::Closing && (self.aside.is_empty() || phase >= Phase::GivingUp) {
            return false;
        }
        let next_phase = if phase >= Phase::Closing { Phase::GivingUp } else { Phase::Closing };
        let first = Box::pin(async { batch.extend(self.results.recv().await) });
        let reached = Box::pin(self.pool.phase.reached(next_phase));
        match self.aside.next_in(self.pool.now()) {
            Some(pause) => first_of([first, reached, self.pool.sleep(pause)]).await,
            None => first_of([first as _, reached]).await,
        };
        self.take_all(batch);
        true
    }

    fn take_all(&self, batch: &mut Vec<Finished>) -> bool {
        let room = MAX_BATCH - batch.len();
        batch.extend(std::iter::from_fn(|| self.results.try_recv().ok()).take(room));
        !batch.is_empty()
    }

    /// Saves a batch. If the store refuses it, its pieces are tried, until each bad result stands alone.
    async fn save(&mut self, source: Source, results: Vec<Finish>) {
        let mut halving = Halving::new(results);
        let mut refusal = None;
        while let Some(piece) = halving.next_piece() {
            match self.send(source, &piece.items).await {
                Ok(sent) => {
                    if matches!(sent, Sent::Saved(1..)) {
                        halving.saved();
                    }
                    self.done(source, &piece.items, sent).await;
                }
                Err(error) => {
                    refusal.get_or_insert(error);
                    halving.refused(piece);
                }
            }
        }
        if let Some(error) = refusal {
            let refused = halving.end();
            if self.aside.is_empty() {
                let count = refused.alone.len() + refused.rest.len();
                log::warn!("the database refused {count} results; they are kept and sent again: {error}");
            }
            self.aside.add(self.pool.now(), source, refused, fastrand::f64());
            self.last_refusal = Some(error);
        }
    }

    /// Tries until the store takes or refuses the results, or the pool gives up.
    async fn send(&self, source: Source, results: &[Finish]) -> Result<Sent, StoreError> {
        let mut pause = RetryPause::default();
        loop {
            let began = self.pool.now();
            let error = match self.pool.store.finish(source.worker, results).await {
                Ok(saved) => {
                    self.wait_again(results, began);
                    if pause.is_first() {
                        return Ok(Sent::Saved(saved));
                    }
                    log::info!("results can be saved again");
                    return Ok(Sent::Saved(self.counted(source, results, saved)));
                }
                Err(error) if error.is_refusal() => return Err(error),
                Err(error) => error,
            };
            if pause.is_first() {
                log::warn!("results cannot be saved; they are kept and sent again: {error}");
            }
            if self.pool.phase.get() >= Phase::GivingUp {
                report_lost(results.len());
                return Ok(Sent::Lost);
            }
            match error {
                // The server answers, and others may soon have ended.
                StoreError::TooManyConnections { .. } => {
                    self.pool.reach.crowded.notify();
                    self.pool.sleep(pause.next_refused(fastrand::f64())).await;
                }
                _ => self.pool.wait_for_answer(&mut pause, Phase::GivingUp).await,
            }
        }
    }

    /// How many of the results that were sent again count as saved. A row that was not hit may have been saved by an
    /// earlier try whose answer was lost. If the pool was declared dead meanwhile, its task belongs to others.
    fn counted(&self, source: Source, results: &[Finish], saved: u64) -> u64 {
        if source.worker == self.pool.state.worker() { results.len() as u64 } else { saved }
    }

    /// Takes note of results that need not be sent again.
    async fn done(&mut self, source: Source, results: &[Finish], sent: Sent) {
        let state = &self.pool.state;
        state.gauge.saved(results.len());
        let claims = results.iter().map(|result| (result.id, result.lease));
        state.in_flight.remove(claims.clone());
        let Sent::Saved(saved) = sent else { return state.recorder.dropped(claims) };
        if saved > 0 {
            self.aside.saved(self.pool.now());
            self.pool.turnover.add(saved);
        }
        let late = if source.may_be_saved { 0 } else { (results.len() as u64).saturating_sub(saved) };
        if late == 0 {
            state.recorder.saved(claims);
        } else {
            state.stats.late.fetch_add(late, Ordering::Relaxed);
            self.sort_out(results, late).await;
        }
    }

    /// Finds out which of these results came too late, since the store says only how many. This is rare, so the rows are
    /// asked one by one, until the store does not answer.
    async fn sort_out(&self, results: &[Finish], late: u64) {
        let asked = if late == results.len() as u64 { MAX_LATE } else { results.len() };
        let (mut rows, mut fates) = (Vec::with_capacity(asked), Vec::with_capacity(results.len()));
        for result in results.iter().take(asked) {
            let Ok(row) = self.pool.store.find(result.id).await else { break };
            fates.push(fate(result, row.as_ref()));
            rows.push(row);
        }
        fates.resize(results.len(), Fate::Unknown);
        let fates = decide_rest(fates, late);
        let recorder = &self.pool.state.recorder;
        let those = |which: Fate| {
            let those = results.iter().zip(&fates).filter(move |(_, fate)| **fate == which);
            those.map(|(result, _)| (result.id, result.lease))
        };
        recorder.saved(those(Fate::Saved));
        recorder.dropped(those(Fate::Late));
        recorder.untold(those(Fate::Unknown), late.saturating_sub(those(Fate::Late).count() as u64));
        let named = results.iter().zip(&fates).zip(rows.iter().map(Option::as_ref).chain(iter::repeat(None)));
        let named = named.filter(|((_, fate), _)| **fate == Fate::Late);
        tell_late(late, named.map(|((result, _), row)| (result.id, row)));
    }

    /// Tells the claimer when the tasks that wait again after these results become due. Their delays count from the
    /// moment at which the store saves them, which is shortly after they were sent.
    fn wait_again(&self, results: &[Finish], sent_at: Duration) {
        let state = &self.pool.state;
        let claims = results.iter().map(|result| ((result.id, result.lease), result.verdict.delay()));
        let waiting = state.again.take(claims);
        // A result that took the place of a refused one may have no delay: its task has ended.
        for (task_type, delay) in waiting.iter().filter_map(|(task_type, delay)| Some((task_type, (*delay)?)))
        {
            state.mark_due(task_type, (sent_at + ON_ITS_WAY).saturating_add(delay));
        }
        if !waiting.is_empty() {
            self.pool.inserted.notify();
        }
    }

    /// Sends results again that are due.
    async fn save_aside(&mut self) {
        let is_closing = self.pool.phase.get() >= Phase::Closing;
        let hurries = is_closing && !std::mem::replace(&mut self.has_hurried, is_closing);
        let due_by = if hurries { Duration::MAX } else { self.pool.now() };
        let (set_back, alone) = self.aside.take_due(due_by);
        let was_aside = set_back.len() + alone.len() > 0;
        for set_back in set_back {
            self.save(set_back.source, set_back.results).await;
        }
        for alone in alone {
            self.save_alone(alone, is_closing).await;
        }
        if was_aside && self.aside.is_empty() {
            log::info!("no result that the database refused is left");
        }
    }

    /// Sends a result again that was refused alone. After some tries others are sent in its place, so that the task
    /// does not stay in progress.
    async fn save_alone(&mut self, mut alone: Alone, is_last: bool) {
        let (id, began) = (alone.result.id, self.pool.now());
        let mut error = match self.send(alone.source, slice::from_ref(&alone.result)).await {
            Ok(sent) => return self.done(alone.source, slice::from_ref(&alone.result), sent).await,
            Err(error) => error,
        };
        let took = self.pool.now().saturating_sub(began);
        let is_its_own = self.aside.is_its_own(&alone, took);
        if let NextTry::Replace(verdicts) = alone.refused(error.nature(), is_last, is_its_own) {
            for verdict in verdicts {
                let result = Finish { verdict, ..alone.result };
                match self.send(alone.source, slice::from_ref(&result)).await {
                    Ok(sent) => {
                        let is_saved = matches!(sent, Sent::Saved(1..));
                        if is_saved || alone.source.may_be_saved && sent != Sent::Lost {
                            self.replaced(&alone.result, &result.verdict, &error).await;
                        }
                        return self.done(alone.source, &[result], sent).await;
                    }
                    Err(again) => error = again,
                }
            }
            if (is_last || alone.is_exhausted()) && self.aside.is_at_fault(&alone) {
                self.last_refusal = Some(error.clone());
                // It still counts as in flight, so that the claimer does not try to give it back.
                self.pool.state.gauge.saved(1);
                self.pool.state.recorder.dropped([(id, alone.result.lease)].into_iter());
                log::error!(
                    "the database refuses every result of task {id}, which stays in progress: {error}"
                );
                return;
            }
        }
        if alone.is_exhausted() && alone.must_tell() {
            log::error!("the database refuses the result of task {id}; it is kept and sent again: {error}");
        }
        let took = self.pool.now().saturating_sub(began);
        self.aside.put_back(self.pool.now(), took, alone, fastrand::f64());
        self.last_refusal = Some(error);
    }

    /// Tells that the database took another result than that of the run.
    async fn replaced(&self, refused: &Finish, saved: &Verdict, error: &StoreError) {
        let id = refused.id;
        let mut task = None;
        if refused.verdict.code() == saved.code() {
            log::warn!("the database refused the result of task {id}; another was saved: {error}");
        } else {
            // Results carry no task type and no kind. This is rare, so the row is asked; if that fails, only a count stays wrong.
            task = self.pool.store.find(id).await.ok().flatten();
            tell_refused(id, task.as_ref(), &format!("{}: {error}", saved.error().unwrap_or_default()));
        }
        let removes_all = self.pool.config.retention == RetentionMode::RemoveAll;
        self.pool.state.recorder.replaced(refused, saved, task.as_ref(), removes_all);
    }
}

/// What became of results that were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// The store saved so many of them. The others came too late.
    Saved(u64),
    /// The store could not be reached before the pool gave up. Their tasks run again.
    Lost,
}

fn report_lost(results: usize) {
    log::error!("{results} results could not be saved before the shutdown; their tasks will run again");
}

impl Part for Finisher {
    const NAME: &str = "finisher";

    fn pool(&self) -> &Pool {
        &self.pool
    }

    async fn work(&mut self) {
        while self.save_next().await {}
        if !self.aside.is_empty() {
            report_lost(self.aside.len());
        }
    }
}
