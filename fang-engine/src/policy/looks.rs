//! When a pool of many task types looks which of them have tasks. A state machine without a clock.

use fang_core::notify::BurstGate;
use fang_core::sleep_params::SleepParams;
use fang_core::store::{ReadyLook, ReadyTypes};
use fang_core::task::Mode;
use std::time::Duration;

/// The scan ranges of one look, so that it takes the server some 15 ms at most. A round looks at all, look by look.
const RANGES: u32 = 1_500;

/// A round is followed by a rest that is this many times as long as it took, so that rounds take less than one
/// hundredth of the time ...
const TIMES: u32 = 150;
/// ... or by one of so many times, while inserts of a burst come without notifications and the pool has nothing else to
/// do.
const TIMES_IN_A_BURST: u32 = 10;

/// The longest rest that follows from that: a task that no notification told of waits for it.
pub const LONGEST_REST: Duration = Duration::from_secs(10);

/// The rest after a round that took so long that the longest rest is too short for it, as where a transaction keeps
/// dead rows or after one that failed: like that after a slow walk.
const SLOW_TIMES: u32 = 60;
const LONGEST_AFTER_SLOW: Duration = Duration::from_secs(60);

/// After a lone task the next round follows after this many of the shortest periods.
const SOON: u32 = 8;

/// Added to the time until the next round when it asks what becomes due until then, since it may come late.
const SLACK: Duration = Duration::from_millis(100);

/// The looks of a pool of many task types. All instants count from the same fixed one.
#[derive(Debug)]
pub struct Looks {
    mode: Mode,
    sleep: SleepParams,
    /// The rest after a round that finds nothing; grows from round to round.
    period: Duration,
    look_at: Duration,
    /// Where the round under way goes on. Empty between rounds.
    from: String,
    /// How long the looks of this round took.
    took: Duration,
    /// How long the last two rounds took. A hiccup makes only one of them long.
    rounds: [Duration; 2],
    /// Until then inserts of a burst may come without a notification.
    often_until: Duration,
    /// Whether tasks were claimed since the last round.
    has_found: bool,
    /// Whether there may be new tasks of types that the round under way has passed.
    is_owed: bool,
}

impl Looks {
    /// The looks of a pool that starts. It begins with a round.
    pub fn new(mode: Mode, sleep: SleepParams) -> Self {
        Self {
            mode,
            period: sleep.sleep_period.clamp(sleep.shortest(), sleep.longest()),
            sleep,
            look_at: Duration::ZERO,
            from: String::new(),
            took: Duration::ZERO,
            rounds: [Duration::ZERO; 2],
            often_until: Duration::ZERO,
            has_found: false,
            is_owed: false,
        }
    }

    /// When to look next.
    pub fn look_at(&self) -> Duration {
        self.look_at
    }

    /// The next look.
    pub fn request(&self) -> ReadyLook {
        ReadyLook { mode: self.mode, from: self.from.clone(), within: self.within(), limit: RANGES }
    }

    /// There may be new tasks of any type. A round begins at once, or after the one under way, which would never end if
    /// it began anew each time.
    pub fn anew(&mut self, now: Duration) {
        self.is_owed = !self.from.is_empty();
        self.look_at = now;
        self.often_until = now + BurstGate::WINDOW;
    }

    /// Tells that a look failed after this time. A round that takes too long is not repeated at once.
    pub fn failed(&mut self, now: Duration, took: Duration) {
        self.from.clear();
        self.took = Duration::ZERO;
        self.rounds = [took; 2];
        self.look_at = now.saturating_add(self.rest(now, true));
    }

    /// Tells that no type waits for a claim any more, so that looks are all that there is to do.
    pub fn calm(&mut self, now: Duration) {
        if now < self.often_until {
            self.look_soon(now, false);
        }
    }

    /// Tells of a burst of inserts, some of which come without notifications.
    pub fn burst(&mut self, now: Duration, is_busy: bool) {
        self.often_until = now + BurstGate::WINDOW;
        self.period = self.sleep.shortest();
        self.look_soon(now, is_busy);
    }

    /// Tells that a claim returned tasks. A lone one came with a notification, so the next one will.
    pub fn found(&mut self, now: Duration, is_lone: bool, is_busy: bool) {
        self.has_found = true;
        if is_lone && now >= self.often_until {
            self.period = self.period.min(self.after_a_lone_one());
            self.look_soon(now, is_busy);
        } else if !is_lone {
            self.burst(now, is_busy);
        }
    }

    /// Tells the answer to a look that took so long.
    pub fn made(&mut self, now: Duration, took: Duration, ready: &ReadyTypes, is_busy: bool) {
        self.took += took;
        if let Some(next) = &ready.next {
            self.from.clone_from(next);
            return;
        }
        self.from.clear();
        self.rounds = [self.rounds[1], std::mem::take(&mut self.took)];
        if !std::mem::take(&mut self.has_found) && now >= self.often_until {
            self.period = self.sleep.longer_than(self.period);
        }
        let rest = if std::mem::take(&mut self.is_owed) { Duration::ZERO } else { self.rest(now, is_busy) };
        self.look_at = now.saturating_add(rest);
    }

    /// Until when the next round tells what becomes due. Later ones tell of later tasks in time.
    pub fn horizon(&self) -> Duration {
        self.look_at.saturating_add(self.within())
    }

    /// How long it may take until the next round has passed any type.
    pub fn until_passed(&self, now: Duration) -> Duration {
        match self.from.is_empty() {
            true => self.look_at.saturating_sub(now).saturating_add(self.round()),
            false => self.within(),
        }
    }

    /// How far ahead a look asks for tasks that become due: beyond the next round.
    fn within(&self) -> Duration {
        let rest = self.rest_of(self.sleep.longest(), TIMES);
        rest.saturating_add(self.round().saturating_mul(2)).saturating_add(SLACK)
    }

    fn look_soon(&mut self, now: Duration, is_busy: bool) {
        if self.from.is_empty() {
            self.look_at = self.look_at.min(now.saturating_add(self.rest(now, is_busy)));
        }
    }

    fn rest(&self, now: Duration, is_busy: bool) -> Duration {
        let is_urgent = now < self.often_until && !is_busy;
        self.rest_of(self.period, if is_urgent { TIMES_IN_A_BURST } else { TIMES })
    }

    fn rest_of(&self, period: Duration, times: u32) -> Duration {
        let slow = self.round().saturating_mul(times.min(SLOW_TIMES)).min(LONGEST_AFTER_SLOW);
        self.round().saturating_mul(times).min(LONGEST_REST).max(slow).max(period)
    }

    fn round(&self) -> Duration {
        self.rounds[0].min(self.rounds[1])
    }

    fn after_a_lone_one(&self) -> Duration {
        self.sleep.shortest().saturating_mul(SOON).min(self.sleep.longest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Makes rounds that find nothing and take so long, until this time. Returns when they ended.
    fn rounds(looks: &mut Looks, took: Duration, until: Duration) -> Vec<Duration> {
        let mut ended = Vec::new();
        while looks.look_at() < until {
            let now = looks.look_at() + took;
            looks.made(now, took, &ReadyTypes::default(), false);
            ended.push(now);
        }
        ended
    }

    fn looks() -> Looks {
        Looks::new(Mode::Asynk, SleepParams::default())
    }

    #[test]
    fn an_idle_pool_looks_less_than_once_a_second() {
        let mut looks = looks();
        rounds(&mut looks, MS / 5, MS * 5_000);
        assert_eq!(rounds(&mut looks, MS / 5, MS * 20_000).len(), 10);
    }

    #[test]
    fn rounds_of_many_types_take_less_than_a_hundredth_of_the_time_and_come_every_ten_seconds() {
        let mut looks = looks();
        rounds(&mut looks, MS * 50, MS * 10_000);
        let calm = rounds(&mut looks, MS * 50, MS * 110_000);
        assert!((12..=14).contains(&calm.len()), "{}", calm.len());
        rounds(&mut looks, MS * 500, MS * 150_000);
        assert!(looks.within() > LONGEST_REST);
        let slow = rounds(&mut looks, MS * 500, MS * 250_000);
        assert!((3..=4).contains(&slow.len()), "{}", slow.len());
    }

    #[test]
    fn a_look_that_fails_late_is_followed_by_a_long_rest_and_one_that_fails_at_once_is_not() {
        let mut looks = looks();
        looks.failed(MS * 30_000, MS * 30_000);
        assert_eq!(looks.look_at(), MS * 90_000);
        looks.failed(MS * 90_000, MS);
        assert_eq!(looks.look_at(), MS * 90_150);
    }

    #[test]
    fn new_tasks_of_any_type_are_looked_for_after_the_round_under_way() {
        let mut looks = looks();
        let page = ReadyTypes { next: Some("m".to_owned()), ..ReadyTypes::default() };
        looks.made(MS, MS, &page, false);
        looks.anew(MS * 2);
        assert_eq!(looks.request().from, "m");
        looks.made(MS * 3, MS, &ReadyTypes::default(), false);
        assert_eq!((looks.look_at(), looks.request().from.as_str()), (MS * 3, ""));
        looks.made(MS * 4, MS, &ReadyTypes::default(), false);
        assert!(looks.look_at() > MS * 4);
    }

    #[test]
    fn a_period_without_end_is_no_overflow() {
        let sleep = SleepParams { max_sleep_period: Duration::MAX, ..SleepParams::default() };
        let looks = Looks::new(Mode::Asynk, sleep);
        assert_eq!((looks.request().within, looks.horizon()), (Duration::MAX, Duration::MAX));
    }

    #[test]
    fn a_round_goes_on_look_by_look() {
        let mut looks = looks();
        let page = ReadyTypes { next: Some("m".to_owned()), ..ReadyTypes::default() };
        looks.made(MS, MS, &page, false);
        assert_eq!((looks.look_at(), looks.request().from.as_str()), (Duration::ZERO, "m"));
        assert_eq!(looks.until_passed(MS), looks.within());
        looks.made(MS * 2, MS, &ReadyTypes::default(), false);
        assert!(looks.look_at() > MS * 2 && looks.request().from.is_empty());
    }

    #[test]
    fn in_a_burst_it_looks_often_and_after_a_lone_task_soon() {
        let mut looks = looks();
        rounds(&mut looks, MS / 5, MS * 20_000);
        let now = MS * 20_000;
        looks.found(now, true, false);
        assert_eq!(looks.look_at(), now + MS * 40);
        looks.burst(now, false);
        assert_eq!(looks.look_at(), now + MS * 5);
        let often = rounds(&mut looks, MS / 5, now + BurstGate::WINDOW);
        assert!((15..=20).contains(&often.len()), "{}", often.len());
    }
}
