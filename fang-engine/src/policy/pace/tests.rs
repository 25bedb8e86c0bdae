mod due;

use super::*;
use proptest::prelude::*;

const SLOW: Duration = Duration::from_millis(50);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn busy(in_flight: usize, mean_run: Option<Duration>) -> Load {
    Load { in_flight, unsaved: 0, mean_run, mean_bytes: 60 }
}

fn limit(step: Step) -> Option<usize> {
    match step {
        Step::Claim(request) => Some(request.limit),
        Step::Sleep { .. } => None,
    }
}

fn request(step: Step) -> Request {
    match step {
        Step::Claim(request) => request,
        Step::Sleep { .. } => panic!("{step:?}"),
    }
}

fn pace(workers: usize) -> Pace {
    Pace::new(workers, SleepParams::default())
}

#[test]
fn slow_tasks_are_claimed_for_free_workers_only() {
    let pace = pace(10);
    assert_eq!(limit(pace.step(ms(0), busy(0, None))), Some(10));
    assert_eq!(limit(pace.step(ms(0), busy(7, Some(SLOW)))), Some(3));
    assert_eq!(limit(pace.step(ms(0), busy(10, Some(SLOW)))), None);
}

#[test]
fn short_tasks_are_claimed_ahead_for_a_few_milliseconds_of_work() {
    let pace = pace(10);
    assert_eq!(limit(pace.step(ms(0), busy(0, Some(ms(5))))), Some(30));
    assert_eq!(limit(pace.step(ms(0), busy(0, Some(Duration::from_micros(1))))), Some(MAX_CLAIM));
    let until = Some(260);
    let step = pace.step(ms(0), busy(400, Some(Duration::from_micros(1))));
    assert_eq!(step, Step::Sleep { at_most: None, until_in_flight: until });
}

#[test]
fn large_payloads_are_claimed_ahead_only_as_memory_allows() {
    let load = Load { mean_bytes: 1024 * 1024, ..busy(0, Some(Duration::from_micros(1))) };
    assert_eq!(limit(pace(10).step(ms(0), load)), Some(26));
}

#[test]
fn an_idle_pool_polls_ever_more_slowly_until_a_notification_comes() {
    let mut pace = pace(1);
    let mut now = ms(1000);
    let mut sleeps = Vec::new();
    for _ in 0..12 {
        let claim = request(pace.step(now, busy(0, None)));
        pace.claimed(now, claim, 0, None);
        let Step::Sleep { at_most: Some(sleep), .. } = pace.step(now, busy(0, None)) else { panic!() };
        sleeps.push(sleep.as_millis());
        now += sleep;
    }
    assert_eq!(sleeps, [10, 20, 40, 80, 160, 320, 640, 1280, 1500, 1500, 1500, 1500]);
    pace.woken(now - ms(500), Notice::Burst);
    assert_eq!(limit(pace.step(now - ms(500), busy(0, None))), Some(1));
}

#[test]
fn after_a_task_it_looks_every_5_ms_for_as_long_as_notifications_are_held_back() {
    let mut pace = pace(2);
    let claim = request(pace.step(ms(0), busy(0, None)));
    pace.claimed(ms(0), claim, 1, None);
    for now in (5..=95).step_by(5) {
        let claim = request(pace.step(ms(now), busy(0, None)));
        pace.claimed(ms(now), claim, 0, None);
        let sleep = Step::Sleep { at_most: Some(ms(5)), until_in_flight: None };
        assert_eq!(pace.step(ms(now), busy(0, None)), sleep);
    }
}

/// How long it sleeps after a claim that returns this many tasks.
fn sleep_after(pace: &mut Pace, now: u64, got: usize) -> Option<Duration> {
    let claim = request(pace.step(ms(now), busy(0, None)));
    pace.claimed(ms(now), claim, got, None);
    match pace.step(ms(now), busy(0, None)) {
        Step::Sleep { at_most, .. } => at_most,
        Step::Claim(_) => None,
    }
}

#[test]
fn after_a_task_with_a_single_notification_it_looks_seldom() {
    let mut pace = pace(2);
    pace.woken(ms(0), Notice::Single);
    let sleeps = [(0, 1), (40, 0), (120, 0)].map(|(at, got)| sleep_after(&mut pace, at, got));
    assert_eq!(sleeps, [40, 80, 160].map(|sleep| Some(ms(sleep))));
    // A task without a notification may have others behind it.
    assert_eq!(sleep_after(&mut pace, 280, 1), Some(ms(5)));
    // A single notification during that time changes nothing.
    pace.woken(ms(282), Notice::Single);
    let sleeps = [(282, 1), (287, 0), (379, 0), (384, 0)].map(|(at, got)| sleep_after(&mut pace, at, got));
    assert_eq!(sleeps, [5, 5, 5, 10].map(|sleep| Some(ms(sleep))));
}

#[test]
fn notified_tasks_that_others_got_do_not_slow_the_polling() {
    let mut pace = pace(2);
    pace.woken(ms(0), Notice::Single);
    assert_eq!(sleep_after(&mut pace, 0, 1), Some(ms(40)));
    for at in [10, 20, 30] {
        pace.woken(ms(at), Notice::Single);
        assert_eq!(sleep_after(&mut pace, at, 0), Some(ms(40)));
    }
}

#[test]
fn tasks_that_follow_a_full_claim_count_for_the_same_notification() {
    let mut pace = pace(2);
    pace.woken(ms(0), Notice::Single);
    assert_eq!([sleep_after(&mut pace, 0, 2), sleep_after(&mut pace, 1, 1)], [None, None]);
    assert_eq!(sleep_after(&mut pace, 1, 0), Some(ms(40)));
}

#[test]
fn full_claims_begin_at_the_floor_until_a_walk_costs_a_fiftieth_of_the_time() {
    for (costs, rests) in [(0, 20), (1, 50), (4, 200)] {
        let mut pace = pace(4);
        let mut start = |at, takes| {
            let claim = request(pace.step(ms(at), busy(0, Some(SLOW))));
            pace.claimed(ms(at + takes), claim, 4, None);
            claim.start
        };
        assert_eq!([start(0, costs), start(300, costs)], [Start::Beginning; 2]);
        let ended = 300 + costs;
        assert_eq!([start(ended, 0), start(ended + rests - 1, 0)], [Start::Floor; 2], "{costs}");
        assert_eq!(start(ended + rests, 0), Start::Beginning, "{costs}");
    }
}

#[test]
fn a_claim_from_the_floor_that_is_not_full_is_followed_by_a_full_walk_at_once() {
    let mut pace = pace(4);
    let first = request(pace.step(ms(0), busy(0, None)));
    pace.claimed(ms(0), first, 4, None);
    let second = request(pace.step(ms(1), busy(0, Some(SLOW))));
    pace.claimed(ms(1), second, 0, None);
    assert_eq!(request(pace.step(ms(1), busy(0, Some(SLOW)))).start, Start::Beginning);
}

/// Makes a claim at this time that takes this long and returns one task of four.
fn claim(pace: &mut Pace, at: u64, takes: u64) -> Start {
    let claim = request(pace.step(ms(at), busy(0, Some(SLOW))));
    pace.claimed(ms(at + takes), claim, 1, None);
    claim.start
}

/// A pace after walks that took 20 ms; they rest until 1320.
fn over_dead_rows() -> Pace {
    let mut pace = pace(4);
    assert_eq!([claim(&mut pace, 0, 20), claim(&mut pace, 100, 20)], [Start::Beginning; 2]);
    pace
}

#[test]
fn a_walk_that_takes_long_is_not_repeated_for_sixty_times_as_long_though_claims_are_not_full() {
    let mut pace = over_dead_rows();
    let starts = [200, 210, 1310, 1320].map(|at| claim(&mut pace, at, 1));
    assert_eq!(starts, [Start::BeforeFloor, Start::Floor, Start::BeforeFloor, Start::Beginning]);
}

#[test]
fn a_walk_from_shortly_before_the_floor_rests_as_well() {
    let mut pace = over_dead_rows();
    pace.full.took = [ms(60_000); 2];
    let took_long = [claim(&mut pace, 200, 50), claim(&mut pace, 1300, 50)];
    assert_eq!(took_long, [Start::BeforeFloor; 2]);
    assert_eq!([claim(&mut pace, 4340, 1), claim(&mut pace, 4351, 1)], [Start::Floor, Start::BeforeFloor]);
}

#[test]
fn ten_minutes_are_the_longest_rest() {
    let mut pace = over_dead_rows();
    pace.full.took = [ms(60_000); 2];
    assert_ne!(claim(&mut pace, 120 + 599_990, 1), Start::Beginning);
    assert_eq!(claim(&mut pace, 120 + 600_001, 1), Start::Beginning);
}

#[test]
fn where_all_claims_take_long_walks_do_not_rest() {
    let mut pace = over_dead_rows();
    // The first claim after the walks shows that they took no longer than any other.
    assert_eq!(claim(&mut pace, 200, 20), Start::BeforeFloor);
    assert_eq!(claim(&mut pace, 300, 20), Start::Floor);
    for at in [1400, 1500, 1600] {
        assert_eq!(claim(&mut pace, at, 20), Start::Beginning);
    }
}

#[test]
fn a_claim_that_took_long_once_does_not_make_all_walks_seem_short() {
    let mut pace = over_dead_rows();
    assert_eq!(claim(&mut pace, 200, 1), Start::BeforeFloor);
    assert_eq!(claim(&mut pace, 210, 2000), Start::Floor);
    let starts = [2300, 2400, 63_000, 64_000].map(|at| claim(&mut pace, at, 20));
    assert_eq!(starts, [Start::Beginning; 4]);
    assert_eq!(claim(&mut pace, 64_100, 20), Start::BeforeFloor);
}

#[test]
fn tasks_that_came_back_are_looked_for_after_a_short_rest() {
    let mut pace = over_dead_rows();
    pace.came_back();
    assert_eq!([claim(&mut pace, 200, 1), claim(&mut pace, 221, 20)], [Start::BeforeFloor, Start::Beginning]);
    // It has looked for it.
    assert_eq!([claim(&mut pace, 700, 1), claim(&mut pace, 1400, 1)], [Start::Floor, Start::BeforeFloor]);
    pace.full.took = [ms(60_000); 2];
    pace.came_back();
    assert_ne!(claim(&mut pace, 241 + 59_990, 1), Start::Beginning);
    assert_eq!(claim(&mut pace, 241 + 60_001, 1), Start::Beginning);
}

#[test]
fn every_second_slow_walk_begins_with_the_least_urgent_range() {
    let mut pace = over_dead_rows();
    let mut upwards = Vec::new();
    for at in [2000, 4000, 6000, 8000] {
        let claim = request(pace.step(ms(at), busy(0, None)));
        assert_eq!(claim.start, Start::Beginning);
        upwards.push(claim.upwards);
        pace.claimed(ms(at + 20), claim, 4, None);
    }
    assert_eq!(upwards, [false, true, false, true]);
}

#[test]
fn a_crowded_claim_may_show_that_walks_are_short_but_not_that_they_are_long() {
    let mut pace = over_dead_rows();
    let crowded = Request { crowded: true, ..request(pace.step(ms(2000), busy(0, None))) };
    pace.claimed(ms(2900), crowded, 1, None);
    assert_eq!(pace.full.took, [ms(20); 2]);
    pace.claimed(ms(2001), crowded, 1, None);
    assert_eq!(pace.full.took, [ms(20), ms(1)]);
}

#[test]
fn one_walk_that_took_long_among_others_changes_nothing() {
    let mut pace = pace(4);
    let starts = [(0, 1), (10, 900), (1000, 1), (1010, 1)].map(|(at, takes)| claim(&mut pace, at, takes));
    assert_eq!(starts, [Start::Beginning; 4]);
}

#[test]
fn a_walk_that_failed_after_a_while_is_not_repeated_at_once_either() {
    let mut pace = pace(4);
    for at in [0, 60_000] {
        let claim = request(pace.step(ms(at), busy(0, None)));
        assert_eq!(claim.start, Start::Beginning);
        pace.gave_up(ms(at + 30_000), claim);
        pace.failed(ms(at + 30_000), 0.0, None);
    }
    assert_eq!(claim(&mut pace, 95_000, 1), Start::BeforeFloor);
    assert_eq!(claim(&mut pace, 151_000, 1), Start::Beginning);
}

#[test]
fn a_claim_from_the_floor_that_is_not_full_is_followed_by_a_sleep_while_walks_take_long() {
    let mut pace = over_dead_rows();
    assert_eq!([claim(&mut pace, 200, 1), claim(&mut pace, 210, 1)], [Start::BeforeFloor, Start::Floor]);
    assert_eq!(limit(pace.step(ms(211), busy(0, Some(SLOW)))), None);
}

#[test]
fn a_full_claim_that_took_long_is_followed_by_one_under_the_advisory_lock() {
    let mut pace = pace(4);
    let mut after = |at, took, got| {
        let claim = request(pace.step(ms(at), busy(0, Some(SLOW))));
        pace.claimed(ms(at + took), claim, got, None);
        request(pace.step(ms(at + took + 5), busy(0, Some(SLOW)))).crowded
    };
    assert_eq!([after(0, 49, 4), after(100, 50, 4), after(200, 70, 4)], [false, true, true]);
    assert_eq!([after(300, 10, 4), after(400, 80, 3)], [false, false]);
}

#[test]
fn every_sixteenth_claim_walks_upwards() {
    let mut pace = pace(1);
    let upwards: Vec<usize> = (1..=48)
        .filter(|_| {
            let claim = request(pace.step(ms(0), busy(0, None)));
            pace.claimed(ms(0), claim, 1, None);
            claim.upwards
        })
        .collect();
    assert_eq!(upwards, [16, 32, 48]);
}

#[test]
fn after_a_failure_it_waits_until_the_store_answers_others_and_longer_if_it_fails_even_then() {
    let mut pace = pace(1);
    pace.failed(ms(0), 1.0, None);
    assert_eq!(limit(pace.step(ms(1), busy(0, None))), None);
    pace.woken(ms(2), Notice::Burst);
    assert_eq!(limit(pace.step(ms(2), busy(0, None))), Some(1));
    pace.failed(ms(3), 1.0, None);
    pace.woken(ms(4), Notice::Burst);
    assert_eq!(limit(pace.step(ms(102), busy(0, None))), None);
    assert_eq!(limit(pace.step(ms(103), busy(0, None))), Some(1));
    pace.failed(ms(103), 1.0, None);
    assert_eq!(limit(pace.step(ms(302), busy(0, None))), None);
    assert_eq!(limit(pace.step(ms(303), busy(0, None))), Some(1), "after a refusal nobody is waited for");
    pace.failed(ms(303), 1.0, Some(1));
    assert_eq!(limit(pace.step(ms(5_302), busy(0, None))), None, "nothing else was answered");
    assert_eq!(limit(pace.step(ms(5_303), busy(0, None))), Some(1));
}

#[test]
fn unsaved_results_stop_claims() {
    let full = Load { unsaved: MAX_UNSAVED, ..Load::default() };
    assert_eq!(limit(pace(1).step(ms(100), full)), None);
}

proptest! {
    #[test]
    fn no_history_makes_it_claim_too_much_or_sleep_for_too_long(
        workers in 1_usize..300,
        events in prop::collection::vec((0_u64..2000, 0_usize..700, 0_usize..5), 1..60),
    ) {
        let mut pace = pace(workers);
        let mut now = ms(0);
        for (millis, number, event) in events {
            now += ms(millis);
            let load = busy(number.min(workers + MAX_CLAIM), Some(ms(millis)));
            match (event, pace.step(now, load)) {
                (0, _) => pace.woken(now, Notice::Burst),
                (1, _) => pace.woken(now, Notice::Single),
                (2, _) => pace.failed(now, 0.5, None),
                (_, Step::Claim(request)) => {
                    prop_assert!(request.limit >= 1 && request.limit <= MAX_CLAIM);
                    prop_assert!(load.in_flight + request.limit <= workers + MAX_CLAIM);
                    pace.claimed(now, request, number.min(request.limit), None);
                }
                (_, Step::Sleep { at_most, until_in_flight }) => {
                    prop_assert!(at_most.is_some() || until_in_flight.is_some());
                    prop_assert!(at_most.is_none_or(|sleep| sleep <= ms(5_000)));
                }
            }
        }
    }
}
