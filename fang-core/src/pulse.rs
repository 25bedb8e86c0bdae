//! What a heart makes of its beats.

use crate::pool::Lease;
use crate::store::Beat;
use std::time::Duration;

/// Besides whenever somebody is suspected, tasks are rescued every so many beats: those whose worker is
/// gone from the table, and those that a stopped pool left behind.
const RESCUE_EVERY: u64 = 6;

/// The beats of one pool. All instants count from any fixed one.
#[derive(Debug)]
pub struct Pulse {
    lease: Lease,
    /// Since when every beat has got through in time: only who has been well for a whole lease may
    /// declare others dead, else an outage would become a mass re-run.
    well_since: Option<Duration>,
    is_failing: bool,
    beats: u64,
}

/// What to do after a beat that got through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Duty {
    /// Say that the database answers again.
    pub tell: bool,
    /// Go on under a new identity: this one was declared dead.
    pub register: bool,
    /// Declare the silent dead, and take back what they hold.
    pub rescue: bool,
}

impl Pulse {
    /// The pulse of a pool that has just registered.
    pub fn new(lease: Lease, now: Duration) -> Self {
        Self { lease, well_since: Some(now), is_failing: false, beats: 0 }
    }

    /// A beat got through, and took this long.
    pub fn got_through(&mut self, now: Duration, beat: Beat, took: Duration) -> Duty {
        let tell = std::mem::take(&mut self.is_failing);
        self.beats += 1;
        // After a stall everybody looks silent: of the database, of this process, of the machine.
        if beat.silent_for.max(took) > self.lease.dead_after / 2 {
            self.well_since = None;
        }
        let well_for = now.saturating_sub(*self.well_since.get_or_insert(now));
        let is_due = beat.has_suspects || self.beats.is_multiple_of(RESCUE_EVERY);
        Duty { tell, register: !beat.is_alive, rescue: is_due && well_for >= self.lease.dead_after }
    }

    /// A beat failed. Returns whether that is worth telling: it is the first.
    pub fn failed(&mut self) -> bool {
        self.well_since = None;
        !std::mem::replace(&mut self.is_failing, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUSPECT: Beat = Beat { is_alive: true, has_suspects: true, silent_for: Duration::from_secs(5) };
    const QUICK: Duration = Duration::from_millis(1);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn only_who_has_been_well_for_a_lease_may_declare_others_dead() {
        let mut pulse = Pulse::new(Lease::default(), at(0));
        let rescues = [5, 25, 30, 35].map(|now| pulse.got_through(at(now), SUSPECT, QUICK).rescue);
        assert_eq!(rescues, [false, false, true, true]);
        assert!(pulse.failed());
        assert!(!pulse.failed(), "it is told once");
        let duty = pulse.got_through(at(45), SUSPECT, QUICK);
        assert_eq!(duty, Duty { tell: true, register: false, rescue: false });
        assert!(!pulse.got_through(at(74), SUSPECT, QUICK).rescue);
        assert!(pulse.got_through(at(75), SUSPECT, QUICK).rescue);
    }

    #[test]
    fn a_beat_that_came_late_or_took_long_is_no_sign_of_health() {
        for (beat, took) in [(Beat { silent_for: at(16), ..SUSPECT }, QUICK), (SUSPECT, at(16))] {
            let mut pulse = Pulse::new(Lease::default(), at(0));
            assert!(!pulse.got_through(at(100), beat, took).rescue);
            assert!(!pulse.got_through(at(129), SUSPECT, QUICK).rescue);
            assert!(pulse.got_through(at(130), SUSPECT, QUICK).rescue);
        }
    }

    #[test]
    fn without_a_suspect_it_rescues_now_and_then() {
        let calm = Beat { has_suspects: false, ..SUSPECT };
        let mut pulse = Pulse::new(Lease::default(), at(0));
        let rescues: Vec<u64> =
            (1..=18).filter(|n| pulse.got_through(at(n * 5), calm, QUICK).rescue).collect();
        assert_eq!(rescues, [6, 12, 18]);
    }

    #[test]
    fn who_was_declared_dead_registers_again() {
        let mut pulse = Pulse::new(Lease::default(), at(0));
        assert!(pulse.got_through(at(5), Beat { is_alive: false, ..SUSPECT }, QUICK).register);
    }
}
