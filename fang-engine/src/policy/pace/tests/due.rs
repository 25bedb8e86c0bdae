//! Tasks that become due later.

use super::*;

/// Claims at this time; the next task becomes due this long after it. Returns how long it sleeps then.
fn sleep_until_due(pace: &mut Pace, now: u64, got: usize, next_in: u64) -> Option<Duration> {
    let claim = request(pace.step(ms(now), busy(0, None)));
    pace.claimed(ms(now), claim, got, Some(ms(next_in)));
    match pace.step(ms(now), busy(0, None)) {
        Step::Sleep { at_most, .. } => at_most,
        Step::Claim(_) => None,
    }
}

/// A pace that has found nothing for a long time, and looks again at 10 s.
fn idle_pace() -> Pace {
    let mut pace = pace(2);
    for _ in 0..12 {
        sleep_after(&mut pace, 0, 0);
        pace.look_at = ms(0);
    }
    pace.look_at = ms(10_000);
    pace
}

#[test]
fn a_claim_asks_for_the_next_task_as_far_ahead_as_the_pool_may_rest() {
    let within = |pace: &Pace| request(pace.step(ms(10_000), busy(0, None))).within;
    assert_eq!(within(&idle_pace()), ms(1500));
    let mut pace = idle_pace();
    pace.woken(ms(10_000), Notice::Burst);
    assert_eq!(within(&pace), ms(0), "it polls every 5 ms");
}

#[test]
fn an_idle_pool_looks_when_the_next_task_becomes_due() {
    let mut pace = idle_pace();
    assert_eq!(sleep_until_due(&mut pace, 10_000, 0, 700), Some(ms(700)));
    // Another pool gets the task. The time between polls stays, and there is no further look.
    assert_eq!(sleep_after(&mut pace, 10_700, 0), Some(ms(1500)));
    // A task that becomes due later than the next poll changes nothing.
    assert_eq!(sleep_until_due(&mut pace, 12_200, 0, 3000), Some(ms(1500)));
    pace.woken(ms(12_300), Notice::Due(ms(50)));
    pace.woken(ms(12_300), Notice::Due(ms(80)));
    assert_eq!(limit(pace.step(ms(12_349), busy(0, None))), None);
    // As after a single notification, it looks seldom.
    assert_eq!(sleep_after(&mut pace, 12_350, 1), Some(ms(40)));
}

#[test]
fn tasks_that_become_due_one_after_the_other_share_claims() {
    let mut pace = idle_pace();
    assert_eq!(sleep_until_due(&mut pace, 10_000, 0, 0), Some(ms(5)));
    assert_eq!(sleep_until_due(&mut pace, 10_005, 1, 1), Some(ms(5)));
    assert_eq!(sleep_until_due(&mut pace, 10_010, 1, 6), Some(ms(6)));
}

#[test]
fn after_a_failure_a_task_that_becomes_due_waits_for_the_next_try() {
    let mut pace = idle_pace();
    pace.failed(ms(10_000), 1.0, Some(1));
    pace.woken(ms(10_000), Notice::Due(ms(1)));
    assert_eq!(limit(pace.step(ms(10_010), busy(0, None))), None);
}

/// A claim of many tasks, none of which is left, by a pace that was notified like this.
fn after_many(notice: Notice, got: usize) -> Pace {
    let mut pace = pace(200);
    pace.look_at = ms(10_000);
    pace.woken(ms(1_000), notice);
    let claim = request(pace.step(ms(1_000), busy(0, None)));
    pace.claimed(ms(1_000), claim, got, None);
    pace
}

#[test]
fn many_tasks_are_expected_where_the_last_claim_brought_many() {
    assert!(after_many(Notice::Burst, MANY).expects_many(ms(1_005)));
    assert!(!after_many(Notice::Burst, MANY - 1).expects_many(ms(1_005)));
    let mut pace = after_many(Notice::Burst, MANY);
    let claim = request(pace.step(ms(1_005), busy(0, None)));
    pace.claimed(ms(1_005), claim, 0, None);
    assert!(!pace.expects_many(ms(1_010)));
}

#[test]
fn before_a_rest_a_blind_claim_is_followed_by_one_that_tells_of_the_next_task() {
    let mut pace = after_many(Notice::Single, MANY);
    pace.was_blind(ms(1_000));
    assert_eq!(pace.next_due(), Some(ms(1_000) + APART));
    assert!(!pace.expects_many(ms(1_005)), "a claim that tells is next");
    // While it polls every 5 ms, no claim needs to tell.
    let mut pace = after_many(Notice::Burst, MANY);
    pace.was_blind(ms(1_000));
    assert_eq!(pace.next_due(), None);
    assert!(pace.expects_many(ms(1_005)));
}
