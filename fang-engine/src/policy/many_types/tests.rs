use super::*;
use crate::policy::served::Share;
use crate::state::example;
use fang_core::store::ReadyTypes;

const MS: Duration = Duration::from_millis(1);

fn named(n: usize) -> String {
    format!("type {n:05}")
}

/// A pool of so many types; those of even numbers have the weight 3.
fn of(types: usize) -> ManyTypes {
    let share =
        |n: usize| Share { task_type: named(n).into(), weight: if n.is_multiple_of(2) { 3 } else { 1 } };
    many(Served::of((0..types).map(share).collect(), false))
}

fn many(served: Served) -> ManyTypes {
    ManyTypes::new(Mode::Asynk, served, 10, &SleepParams::default())
}

fn ready(due: impl IntoIterator<Item = usize>) -> ReadyTypes {
    ReadyTypes { due: due.into_iter().map(named).collect(), ..ReadyTypes::default() }
}

/// Goes on until so many claims are made. A claim finds what `stock` gives, and each look finds `looked`.
fn claims(
    types: &mut ManyTypes,
    now: &mut Duration,
    claims: usize,
    looked: &ReadyTypes,
    mut stock: impl FnMut(&str, usize) -> usize,
) -> Vec<String> {
    let (mut made, load) = (Vec::new(), Load::default());
    while made.len() < claims {
        *now += MS;
        match types.next(*now, load, 10) {
            Next::Look(_) => types.looked(*now, *now, looked),
            Next::Claim { index, request } => {
                let name = types.task_type(index).to_string();
                let found = stock(&name, request.limit).min(request.limit);
                types.claimed(index, *now, request, &vec![example(); found], None);
                made.push(name);
            }
            Next::Sleep { at_most, .. } => *now += at_most.unwrap(),
        }
    }
    made
}

/// The time until the next look, and that there is no claim before.
fn rest(types: &mut ManyTypes, now: Duration) -> Duration {
    match types.next(now, Load::default(), 10) {
        Next::Sleep { at_most: Some(at_most), .. } => at_most,
        other => panic!("{other:?}"),
    }
}

fn idle(types: &mut ManyTypes, until: Duration) -> usize {
    let (mut now, mut looks) = (Duration::ZERO, 0);
    while now < until {
        match types.next(now, Load::default(), 10) {
            Next::Look(_) => {
                looks += 1;
                types.looked(now + MS / 5, now, &ReadyTypes::default());
            }
            Next::Sleep { at_most, .. } => now += at_most.unwrap(),
            Next::Claim { .. } => panic!("no type has tasks"),
        }
    }
    looks
}

#[test]
fn an_idle_pool_of_ten_thousand_types_claims_nothing_and_looks_rarely() {
    let mut types = of(10_000);
    idle(&mut types, MS * 5_000);
    assert!(idle(&mut of(10_000), MS * 60_000) < 60);
}

#[test]
fn a_type_that_a_notification_names_is_claimed_at_once_and_no_other() {
    let mut types = of(10_000);
    idle(&mut types, MS * 5_000);
    let mut now = MS * 5_000;
    types.woken(&named(9_999), now, Notice::Single);
    types.woken("not served", now, Notice::Single);
    assert_eq!(claims(&mut types, &mut now, 1, &ready([]), |_, _| 1), [named(9_999)]);
    assert!(now < MS * 5_003, "{now:?}");
    assert!(matches!(types.next(now, Load::default(), 10), Next::Sleep { .. } | Next::Look(_)));
}

#[test]
fn of_thousands_of_types_with_tasks_each_gets_its_share() {
    let (mut types, mut now) = (of(2_000), MS);
    let made = claims(&mut types, &mut now, 8_000, &ready(0..2_000), |_, limit| limit);
    let mut starts = std::collections::HashMap::<String, usize>::new();
    made.into_iter().for_each(|name| *starts.entry(name).or_default() += 1);
    for n in 0..2_000 {
        let (expected, got) = (if n % 2 == 0 { 6 } else { 2 }, starts[&named(n)]);
        assert!(got.abs_diff(expected) <= 1, "type {n} got {got}");
    }
}

#[test]
fn a_type_that_comes_later_neither_waits_for_the_others_nor_catches_up() {
    let (mut types, mut now) = (of(100), MS);
    claims(&mut types, &mut now, 5_000, &ready(0..99), |_, limit| limit);
    types.woken(&named(99), now, Notice::Single);
    let made = claims(&mut types, &mut now, 500, &ready(0..100), |_, limit| limit);
    let starts: Vec<usize> = (0..made.len()).filter(|at| made[*at] == named(99)).collect();
    assert!(starts[0] < 100 && starts.len() <= 4, "{starts:?}");
}

#[test]
fn a_type_without_tasks_is_not_claimed_again() {
    let (mut types, mut now) = (of(100), MS);
    let mut asked = 0;
    let made = claims(&mut types, &mut now, 500, &ready(0..100), |name, limit| {
        asked += usize::from(name == named(7));
        if name == named(7) { 0 } else { limit }
    });
    assert!(asked < made.len() / 20, "{asked}");
}

#[test]
fn a_lock_claim_is_followed_by_a_claim_that_tells_of_the_next_task() {
    let (mut types, mut now) = (of(100), MS);
    types.looked(now, now, &ready([7]));
    let Next::Claim { index, request } = types.next(now, Load::default(), 10) else {
        panic!("there is work")
    };
    types.claimed(index, now, request, &[example()], None);
    types.locked(index, now);
    assert!(!types.expects_many(index, now), "a written claim is next");
    assert_eq!(claims(&mut types, &mut now, 1, &ready([]), |_, _| 0), [named(7)]);
    assert!(now < MS * 10, "{now:?}");
}

#[test]
fn a_task_that_becomes_due_is_claimed_then() {
    let mut types = of(10_000);
    idle(&mut types, MS * 5_000);
    let mut now = MS * 5_000;
    types.due_at(&named(9_998), now + MS * 70);
    assert!(rest(&mut types, now) <= MS * 70);
    assert_eq!(claims(&mut types, &mut now, 1, &ready([]), |_, _| 1), [named(9_998)]);
    assert!((MS * 5_070..MS * 5_074).contains(&now), "{now:?}");
    let later = ReadyTypes { later: vec![(named(3), MS * 40)], ..ReadyTypes::default() };
    let start = now;
    assert_eq!(claims(&mut types, &mut now, 1, &later, |_, _| 1), [named(3)]);
    assert!(now - start < MS * 100, "{:?}", now - start);
}

#[test]
fn types_that_nobody_listed_are_served_if_all_are_and_forgotten_when_they_rest() {
    let (mut types, mut now) = (many(Served::of(Vec::new(), true)), MS);
    for n in 0..5_000 {
        types.woken(&named(n), now, Notice::Single);
        assert_eq!(claims(&mut types, &mut now, 1, &ready([]), |_, _| 1), [named(n)]);
    }
    assert!(types.places.known() < 1_100, "{}", types.places.known());
}

#[test]
fn more_types_than_fit_take_turns() {
    let (mut types, mut now) = (many(Served::of(Vec::new(), true)), MS);
    let mut from = 0;
    let mut claimed = std::collections::HashSet::new();
    for _ in 0..70_000 {
        now += MS;
        match types.next(now, Load::default(), 10) {
            Next::Look(look) => {
                assert!(!look.from.is_empty() || from == 0);
                let next = (from + 500) % 15_000;
                let page = ReadyTypes { next: (next > 0).then(|| named(next)), ..ready(from..from + 500) };
                types.looked(now, now, &page);
                from = next;
            }
            Next::Claim { index, request } => {
                claimed.insert(types.task_type(index).clone());
                types.claimed(index, now, request, &vec![example(); request.limit], None);
            }
            Next::Sleep { at_most, .. } => now += at_most.unwrap(),
        }
    }
    assert_eq!(claimed.len(), 15_000);
    assert!(types.places.known() < MOST + 2_000);
}

#[test]
fn a_claim_that_failed_is_followed_by_a_pause_that_a_notification_shortens() {
    let mut types = of(100);
    types.failed(MS, 0.5, Some(1));
    assert!(rest(&mut types, MS) > MS * 1_000);
    types.woken(&named(1), MS, Notice::Single);
    types.all_woken(MS);
    assert!(!matches!(types.next(MS, Load::default(), 10), Next::Sleep { .. }));
}
