//! Work on many items by several threads.

use std::num::NonZero;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, available_parallelism};

/// The items that a thread takes at a time. With fewer than twice as many, a further thread is not worth its start.
const PART: usize = 1_000;

/// Maps all items, in their order, by as many threads as there are processors. The first error ends it.
pub(crate) fn try_map<T: Send, U: Send, E: Send>(
    items: Vec<T>,
    map: impl Fn(T) -> Result<U, E> + Sync,
) -> Result<Vec<U>, E> {
    let threads = available_parallelism().map_or(1, NonZero::get).min(items.len() / PART);
    if threads < 2 {
        return items.into_iter().map(map).collect();
    }
    let (waiting, mapped) = (Mutex::new(parts(items)), Mutex::new(Vec::new()));
    let work = || {
        while let Some((place, part)) = next(&waiting) {
            let part: Result<Vec<U>, E> = part.into_iter().map(&map).collect();
            lock(&mapped).push((place, part));
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // If the system has no thread left, this one does all.
            let _ = thread::Builder::new().name("fang-checks".to_owned()).spawn_scoped(scope, work);
        }
        work();
    });
    let mut mapped = mapped.into_inner().unwrap_or_else(PoisonError::into_inner);
    mapped.sort_unstable_by_key(|(place, _)| *place);
    let mut all = Vec::new();
    for (_, part) in mapped {
        all.append(&mut part?);
    }
    Ok(all)
}

/// Parts of the items, the last one first, with their places.
fn parts<T>(mut items: Vec<T>) -> Vec<(usize, Vec<T>)> {
    let places = (0..items.len()).step_by(PART).collect::<Vec<_>>().into_iter().rev();
    places.map(|place| (place, items.split_off(place))).collect()
}

fn next<T>(waiting: &Mutex<Vec<(usize, Vec<T>)>>) -> Option<(usize, Vec<T>)> {
    lock(waiting).pop()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_same_as_a_plain_map(len in 0_usize..5 * PART, bad in proptest::option::of(0_usize..6 * PART)) {
            let map = |item| if bad.is_some_and(|bad| item >= bad) { Err(item) } else { Ok(item + 1) };
            let plain: Result<Vec<_>, _> = (0..len).map(map).collect();
            prop_assert_eq!(try_map((0..len).collect(), map), plain);
        }
    }
}
