//! Results that the store has refused, until they are saved or given up. No other result waits for them.

use crate::policy::decide::alternatives;
use crate::policy::retry_pause::RetryPause;
use fang_core::error::Nature;
use fang_core::halving::Refused;
use fang_core::store::{Finish, Verdict, WorkerId};
use std::time::Duration;

/// How often a result is sent alone, over some seconds, before others are sent in its place.
pub const TRIES: u32 = 8;

/// How often a result is refused alone by what should pass, though others were saved meanwhile, before others are sent in its
/// place. It takes some ten seconds.
const PASSING_TRIES: u32 = 16;

/// A try that failed after this long probably waited for a lock of another session, which is not the fault of the result.
const LOCKED: Duration = Duration::from_secs(20);

/// After a slow try there is a pause of this many times as long, since other results had to wait for it.
const SLOW_PAUSE: u32 = 4;

/// The results of one claimer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The worker id that claimed the tasks.
    pub worker: WorkerId,
    /// Whether the runs may have saved their success themselves.
    pub may_be_saved: bool,
}

/// A result that was refused alone.
#[derive(Debug)]
pub struct Alone {
    /// Its claimer.
    pub source: Source,
    /// The result.
    pub result: Finish,
    since: Duration,
    tries: u32,
    /// The refusals that should pass and did not.
    passing: u32,
    tried_at: Duration,
    due_at: Duration,
    pause: RetryPause,
    is_told: bool,
}

/// Results of a batch of which the store took nothing.
#[derive(Debug)]
pub struct SetBack {
    /// Their claimer.
    pub source: Source,
    /// The results.
    pub results: Vec<Finish>,
    due_at: Duration,
}

/// What is sent next for a result that was refused alone once more.
#[derive(Debug, PartialEq, Eq)]
pub enum NextTry {
    /// The same result, later.
    Wait,
    /// These instead of it, one after the other, until the store takes one of them.
    Replace(Vec<Verdict>),
}

/// All results that were refused. All instants count from the same fixed one.
#[derive(Debug, Default)]
pub struct Aside {
    alone: Vec<Alone>,
    set_back: Vec<SetBack>,
    /// When the store last took a result.
    saved_at: Option<Duration>,
    /// The pauses while the store takes nothing.
    pause: RetryPause,
}

impl Aside {
    /// Whether all results are saved or given up.
    pub fn is_empty(&self) -> bool {
        self.alone.is_empty() && self.set_back.is_empty()
    }

    /// How many results there are.
    pub fn len(&self) -> usize {
        self.alone.len() + self.set_back.iter().map(|set_back| set_back.results.len()).sum::<usize>()
    }

    /// Tells that the store took a result.
    pub fn saved(&mut self, now: Duration) {
        self.saved_at = Some(now);
        self.pause = RetryPause::default();
    }

    /// Adds the results that were refused. `random` is from 0 to 1.
    pub fn add(&mut self, now: Duration, source: Source, refused: Refused<Finish>, random: f64) {
        let alone = refused.alone.into_iter().map(|result| {
            let mut pause = RetryPause::default();
            let due_at = now + pause.next(random);
            Alone {
                source,
                result,
                since: now,
                tries: 1,
                passing: 0,
                tried_at: now,
                due_at,
                pause,
                is_told: false,
            }
        });
        self.alone.extend(alone);
        if !refused.rest.is_empty() {
            let due_at = now + self.pause.next(random);
            self.set_back.push(SetBack { source, results: refused.rest, due_at });
        }
    }

    /// How long until some of them are due; `None` if there are none.
    pub fn next_in(&self, now: Duration) -> Option<Duration> {
        let alone = self.alone.iter().map(|alone| alone.due_at);
        let due_at = alone.chain(self.set_back.iter().map(|set_back| set_back.due_at)).min()?;
        Some(due_at.saturating_sub(now))
    }

    /// Takes the results that are due.
    pub fn take_due(&mut self, now: Duration) -> (Vec<SetBack>, Vec<Alone>) {
        let set_back = self.set_back.extract_if(.., |set_back| set_back.due_at <= now).collect();
        (set_back, self.alone.extract_if(.., |alone| alone.due_at <= now).collect())
    }

    /// Puts a result back that was refused once more, by a try that took this long.
    pub fn put_back(&mut self, now: Duration, took: Duration, mut alone: Alone, random: f64) {
        alone.tried_at = now;
        alone.due_at = now + alone.pause.next(random).max(took * SLOW_PAUSE);
        self.alone.push(alone);
    }

    /// Whether a result is at fault by itself: the store took others since it was refused first.
    pub fn is_at_fault(&self, alone: &Alone) -> bool {
        self.saved_at.is_some_and(|at| at > alone.since)
    }

    /// Whether the last refusal of a result, after a try that took this long, is probably of this result alone: the store
    /// took others since the try before.
    pub fn is_its_own(&self, alone: &Alone, took: Duration) -> bool {
        took < LOCKED && self.saved_at.is_some_and(|at| at > alone.tried_at)
    }
}

impl Alone {
    /// Tells that it was refused once more, by an error of this nature. During the shutdown there is no time for
    /// further tries. `is_its_own` tells whether the error is probably of this result alone, by [`Aside::is_its_own`].
    pub fn refused(&mut self, nature: Nature, is_last: bool, is_its_own: bool) -> NextTry {
        self.tries = self.tries.saturating_add(1);
        let replacements = alternatives(&self.result.verdict);
        match nature {
            Nature::Passing | Nature::Contended => {
                self.passing += u32::from(is_its_own || nature == Nature::Contended);
                if self.passing < PASSING_TRIES { NextTry::Wait } else { NextTry::Replace(replacements) }
            }
            _ if is_last || self.tries >= TRIES => NextTry::Replace(replacements),
            // Most likely the error text, which may have characters that the database does not have.
            Nature::Data if self.result.verdict.error().is_some() => {
                NextTry::Replace(replacements.into_iter().take(1).collect())
            }
            _ => NextTry::Wait,
        }
    }

    /// Whether all tries are used up.
    pub fn is_exhausted(&self) -> bool {
        self.tries >= TRIES
    }

    /// Whether to log that the result cannot be saved: once for each.
    pub fn must_tell(&mut self) -> bool {
        !std::mem::replace(&mut self.is_told, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const SOURCE: Source = Source { worker: WorkerId(1), may_be_saved: false };
    const LONG: Duration = Duration::from_secs(9);

    fn failed() -> Finish {
        Finish { id: Uuid::nil(), lease: 1, verdict: Verdict::Fail { error: "no".into() }, keep: None }
    }

    fn alone(aside: &mut Aside, result: Finish) -> Alone {
        aside.add(Duration::ZERO, SOURCE, Refused { alone: vec![result], rest: vec![] }, 1.0);
        aside.take_due(LONG).1.remove(0)
    }

    #[test]
    fn a_refused_result_is_due_after_a_pause_that_grows() {
        let mut aside = Aside::default();
        assert_eq!(aside.next_in(Duration::ZERO), None);
        let mut last = alone(&mut aside, failed());
        for pause in [100, 200, 400] {
            aside.put_back(LONG, Duration::ZERO, last, 1.0);
            assert_eq!(aside.next_in(LONG), Some(Duration::from_millis(pause)));
            last = aside.take_due(LONG * 2).1.remove(0);
        }
        aside.put_back(LONG, LONG, last, 1.0);
        assert_eq!(aside.next_in(LONG), Some(LONG * SLOW_PAUSE), "a slow try is not repeated soon");
        assert_eq!(aside.len(), 1);
    }

    #[test]
    fn a_batch_of_which_nothing_was_taken_waits_longer_until_something_is() {
        let mut aside = Aside::default();
        let pause = |aside: &mut Aside| {
            aside.add(LONG, SOURCE, Refused { alone: vec![], rest: vec![failed(), failed()] }, 1.0);
            let pause = aside.next_in(LONG).unwrap();
            assert_eq!(aside.take_due(LONG * 2).0.remove(0).results.len(), 2);
            pause.as_millis()
        };
        assert_eq!([pause(&mut aside), pause(&mut aside)], [50, 100]);
        aside.saved(LONG);
        assert_eq!(pause(&mut aside), 50);
    }

    #[test]
    fn a_result_is_replaced_after_some_tries_or_when_there_is_no_time_left() {
        let mut refused = alone(&mut Aside::default(), failed());
        let tries: Vec<NextTry> = (2..=TRIES).map(|_| refused.refused(Nature::Final, false, false)).collect();
        let (last, others) = tries.split_last().unwrap();
        assert!(others.iter().all(|next| *next == NextTry::Wait));
        assert!(matches!(last, NextTry::Replace(verdicts) if verdicts.len() == 1));
        let mut refused = alone(&mut Aside::default(), failed());
        assert!(matches!(refused.refused(Nature::Final, true, false), NextTry::Replace(_)));
    }

    #[test]
    fn an_error_text_that_is_at_fault_is_replaced_at_once_and_a_passing_cause_is_waited_for() {
        let mut refused = alone(&mut Aside::default(), failed());
        assert!(matches!(refused.refused(Nature::Data, false, false), NextTry::Replace(_)));
        let mut done = alone(&mut Aside::default(), Finish { verdict: Verdict::Keep, ..failed() });
        assert_eq!(done.refused(Nature::Data, false, false), NextTry::Wait);
        assert!((0..20).all(|_| done.refused(Nature::Passing, true, false) == NextTry::Wait));
    }

    #[test]
    fn a_result_that_is_refused_alone_by_what_should_pass_is_replaced_after_many_tries() {
        let mut aside = Aside::default();
        let mut refused = alone(&mut aside, failed());
        assert!(!aside.is_its_own(&refused, Duration::ZERO));
        for nature in [Nature::Passing, Nature::Contended] {
            aside.saved(LONG);
            assert!(aside.is_its_own(&refused, Duration::ZERO) && !aside.is_its_own(&refused, LOCKED));
            let tries: Vec<NextTry> =
                (1..=PASSING_TRIES).map(|_| refused.refused(nature, true, true)).collect();
            assert_eq!(
                tries.iter().take_while(|next| **next == NextTry::Wait).count() as u32,
                PASSING_TRIES - 1
            );
            refused = alone(&mut aside, failed());
        }
    }

    #[test]
    fn a_result_is_at_fault_once_others_were_saved_after_it() {
        let mut aside = Aside::default();
        let refused = alone(&mut aside, failed());
        assert!(!aside.is_at_fault(&refused));
        aside.saved(LONG);
        assert!(aside.is_at_fault(&refused));
    }
}
