//! What a pool tells with its beats: counts since it registered, in a limited number of bytes.

use fang_core::store::{By, Counts, Tally};
use std::sync::Arc;

/// The bytes for the task types, or for the kinds, that are summed under one name: for all spans of both histograms.
const FOR_OTHERS: usize = 4700;

/// The bytes for all names.
const FOR_NAMES: usize = Counts::MAX_BYTES - 2 * FOR_OTHERS;

/// The bytes that a name is expected to have in the end. Numbers only grow, and what was told under a name stays told, so a
/// name that has no room to grow would be of no use.
const FOR_ONE: usize = 600;

/// What was counted of each task type and each kind, always in the same order.
pub(crate) type Counted = Vec<(By, Arc<str>, Tally)>;

/// What one pool tells. The counts are those of all its time, so a report that is lost does no harm: the next one has
/// its counts too. They grow, except when the store refused a result and took another one.
#[derive(Debug, Default)]
pub(crate) struct Telling {
    /// What was saved under earlier worker ids.
    earlier: Counted,
    /// What was saved last, these included.
    saved: Counted,
    /// What was sent, until it is known to be saved.
    sent: Option<Counted>,
    places: Vec<Place>,
    /// The task types and kinds with a name, in the order in which they became active.
    named: Vec<usize>,
}

/// How a task type or a kind is told.
#[derive(Clone, Debug, Default)]
enum Place {
    /// It was not active.
    #[default]
    None,
    /// Under its name. What was told last, and how many bytes this has.
    Named(Tally, usize),
    /// Under its name as far as this, since there was no room for more. What came later is summed with the others.
    Full(Tally, usize),
}

impl Telling {
    /// What to tell, if anything was counted since the last report that was [saved](Self::was_saved).
    pub(crate) fn counts(&mut self, now: Counted) -> Option<Counts> {
        if now == self.saved || self.saved.is_empty() && now.iter().all(|(.., tally)| tally.is_empty()) {
            return None;
        }
        self.places.resize(now.len(), Place::None);
        let since: Counted = now
            .iter()
            .enumerate()
            .map(|(n, (by, name, tally))| {
                let earlier = self.earlier.get(n);
                let since = earlier.map_or_else(|| tally.clone(), |(.., earlier)| tally.since(earlier));
                (*by, name.clone(), since)
            })
            .collect();
        self.sent = Some(now);
        self.make_room(&since);
        Some(self.told(&since))
    }

    /// The last report is saved.
    pub(crate) fn was_saved(&mut self) {
        if let Some(sent) = self.sent.take() {
            self.saved = sent;
        }
    }

    /// The pool has a new worker id, which has told nothing.
    pub(crate) fn begins_anew(&mut self) {
        (self.earlier, self.sent) = (self.saved.clone(), None);
        self.places.clear();
        self.named.clear();
    }

    /// Gives a name to each one that has become active while there is room for it to grow. Task types and kinds have at most
    /// three quarters each.
    fn admit(&mut self, since: &Counted) {
        let mut room = Room::default();
        for (place, (by, ..)) in self.places.iter().zip(since) {
            *room.of(*by) += match place {
                Place::None => 0,
                Place::Full(_, size) => *size,
                Place::Named(_, size) => (*size).max(FOR_ONE),
            };
        }
        for (n, (place, (by, name, tally))) in self.places.iter_mut().zip(since).enumerate() {
            if !matches!(place, Place::None) || tally.is_empty() {
                continue;
            }
            let size = size(name, tally).max(FOR_ONE);
            let has_room = room.bytes() + size <= FOR_NAMES && *room.of(*by) + size <= FOR_NAMES * 3 / 4;
            *place = Place::Full(Tally::default(), 0);
            if has_room {
                *place = Place::Named(Tally::default(), 0);
                *room.of(*by) += size;
                self.named.push(n);
            }
        }
    }

    /// Takes growth from the latest names while all together have too many bytes, since they have grown to more than was
    /// expected.
    fn make_room(&mut self, since: &Counted) {
        self.admit(since);
        let mut room = Room::default();
        for (place, (by, name, tally)) in self.places.iter().zip(since) {
            let size = match place {
                Place::None => 0,
                Place::Full(_, size) => *size,
                Place::Named(..) => size(name, tally),
            };
            room.sizes.push(size);
            *room.of(*by) += size;
        }
        while room.bytes() > FOR_NAMES
            && let Some(last) = self.take_last(room.larger(), since)
        {
            if let (Some(place), Some(size), Some((by, ..))) =
                (self.places.get_mut(last), room.sizes.get(last).copied(), since.get(last))
                && let Place::Named(told, had) = place
            {
                let of = room.of(*by);
                *of = (*of + *had).saturating_sub(size);
                *place = Place::Full(std::mem::take(told), *had);
            }
        }
        for ((place, (.., tally)), size) in self.places.iter_mut().zip(since).zip(room.sizes) {
            if let Place::Named(told, had) = place {
                (*told, *had) = (tally.clone(), size);
            }
        }
    }

    /// Takes the name of the one that became active last among task types or kinds, or among the others if none of these
    /// has one.
    fn take_last(&mut self, wanted: By, since: &Counted) -> Option<usize> {
        let is_wanted = |n: &usize| since.get(*n).is_some_and(|(by, ..)| *by == wanted);
        let place = self.named.iter().rposition(is_wanted).or_else(|| self.named.len().checked_sub(1))?;
        Some(self.named.remove(place))
    }

    fn told(&self, since: &Counted) -> Counts {
        let mut counts = Counts::default();
        for (place, (by, name, tally)) in self.places.iter().zip(since) {
            match place {
                Place::None => {}
                Place::Named(told, _) => counts.add_to(*by, name, told),
                Place::Full(told, _) => {
                    if !told.is_empty() {
                        counts.add_to(*by, name, told);
                    }
                    counts.add_to(*by, Counts::OTHERS, &tally.since(told));
                }
            }
        }
        counts
    }
}

/// How many bytes of JSON there are.
#[derive(Default)]
struct Room {
    /// Of each one.
    sizes: Vec<usize>,
    types: usize,
    kinds: usize,
}

impl Room {
    fn of(&mut self, by: By) -> &mut usize {
        match by {
            By::TaskType => &mut self.types,
            By::Kind => &mut self.kinds,
        }
    }

    fn bytes(&self) -> usize {
        self.types + self.kinds
    }

    /// The ones that have more, so that neither takes the room of the other.
    fn larger(&self) -> By {
        if self.kinds > self.types { By::Kind } else { By::TaskType }
    }
}

/// How many bytes of JSON a task type or a kind has among others.
fn size(name: &str, tally: &Tally) -> usize {
    let mut alone = Counts::default();
    alone.add(name, tally);
    alone.to_json().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fang_core::store::Histogram;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::time::Duration;

    fn started(started: u64) -> Tally {
        let mut tally = Tally::default();
        tally.started = started;
        tally
    }

    fn of(counts: &[(&str, u64)]) -> Counted {
        counts.iter().map(|(name, runs)| (By::TaskType, (*name).into(), started(*runs))).collect()
    }

    fn told(counts: Option<Counts>) -> Vec<(String, u64)> {
        counts.unwrap_or_default().iter().map(|(name, tally)| (name.to_owned(), tally.started)).collect()
    }

    fn mail(runs: u64) -> Vec<(String, u64)> {
        vec![("mail".to_owned(), runs)]
    }

    #[test]
    fn an_idle_pool_tells_nothing_and_a_busy_one_all_since_it_registered() {
        let mut telling = Telling::default();
        assert!(telling.counts(of(&[("mail", 0), ("sync", 0)])).is_none());
        assert_eq!(told(telling.counts(of(&[("mail", 2), ("sync", 0)]))), mail(2));
        assert_eq!(
            told(telling.counts(of(&[("mail", 3), ("sync", 0)]))),
            mail(3),
            "the first one may be lost"
        );
        telling.was_saved();
        assert!(telling.counts(of(&[("mail", 3), ("sync", 0)])).is_none());
        assert_eq!(told(telling.counts(of(&[("mail", 4), ("sync", 0)]))), mail(4));
    }

    #[test]
    fn what_was_saved_under_one_id_is_not_told_under_the_next() {
        let mut telling = Telling::default();
        telling.counts(of(&[("mail", 2)]));
        telling.was_saved();
        telling.counts(of(&[("mail", 5)]));
        telling.begins_anew();
        telling.was_saved();
        assert_eq!(told(telling.counts(of(&[("mail", 6)]))), mail(4), "5 were not saved");
    }

    fn sum<'a>(tallies: impl Iterator<Item = &'a Tally>) -> Tally {
        tallies.fold(Tally::default(), |mut sum, tally| {
            sum.merge(tally);
            sum
        })
    }

    /// All runs take another time, so that each name has many spans in the end.
    #[test]
    fn what_has_a_name_keeps_it_however_long_the_pool_runs() {
        let mut telling = Telling::default();
        let names = |by, of: &'static str| {
            (0..40).map(move |n| (by, Arc::from(format!("{of} {n}")), Tally::default()))
        };
        let mut now: Counted = names(By::TaskType, "type").chain(names(By::Kind, "kind")).collect();
        for beat in 0_u64..300 {
            for (n, (.., tally)) in now.iter_mut().enumerate() {
                let micros = 1 << ((beat * 7 + n as u64) % 12 + 8);
                tally.started += 50;
                tally.waits.record(Duration::from_micros(micros));
                tally.runs.record(Duration::from_micros(micros * 3));
            }
            let counts = telling.counts(now.clone()).unwrap();
            assert!(counts.to_json().len() <= Counts::MAX_BYTES);
            telling.was_saved();
            for (by, least) in [(By::TaskType, 20), (By::Kind, 9)] {
                let told = |name: &str| if by == By::Kind { counts.of_kind(name) } else { counts.of(name) };
                let whole = now.iter().filter(|(of, name, tally)| *of == by && told(name) == Some(tally));
                assert!(whole.count() >= least, "{by:?} at beat {beat}");
            }
        }
    }

    #[test]
    fn there_is_room_for_all_others_whatever_they_counted() {
        let all = Histogram::of(u64::MAX, [u64::MAX; Histogram::BUCKETS]);
        let mut tally = started(u64::MAX);
        (tally.runs, tally.waits) = (all.clone(), all);
        let Tally { finished, retried, failed, snoozed, cancelled, expired, .. } = &mut tally;
        for number in [finished, retried, failed, snoozed, cancelled, expired] {
            *number = u64::MAX;
        }
        assert!((FOR_OTHERS - 200..=FOR_OTHERS).contains(&size(Counts::OTHERS, &tally)));
    }

    /// Few task types keep their names beside very many kinds, and the other way round.
    #[test]
    fn neither_task_types_nor_kinds_take_the_room_of_the_others() {
        for few in [By::TaskType, By::Kind] {
            let many = if few == By::Kind { By::TaskType } else { By::Kind };
            let mut now: Counted =
                (0..500).map(|n| (many, format!("many {n}").into(), started(1 << 40))).collect();
            now.extend((0..9).map(|n| (few, format!("few {n}").into(), started(1 << 40))));
            let mut telling = Telling::default();
            let counts = telling.counts(now).unwrap();
            assert_eq!(counts.by(few).count(), 9);
            let names = counts.by(many).filter(|(name, _)| *name != Counts::OTHERS).count();
            assert_eq!(names, FOR_NAMES * 3 / 4 / FOR_ONE);
        }
    }

    proptest! {
        /// Many task types and kinds with long names and all spans of time.
        #[test]
        fn the_bytes_are_limited_and_the_sums_exact(
            beats in prop::collection::vec(prop::collection::vec((0_usize..200, 0_u64..1 << 36, 1_u64..1_000_000), 0..80), 1..8),
        ) {
            let name = |n| format!("name \"{n}\" {}", "x".repeat(n));
            let by = |n| if n % 2 == 0 { By::TaskType } else { By::Kind };
            let mut now: Counted = (0..200).map(|n| (by(n), name(n).into(), Tally::default())).collect();
            let (mut telling, mut before) = (Telling::default(), Counts::default());
            for beat in beats {
                for (n, micros, runs) in beat {
                    now[n].2.started += runs;
                    now[n].2.runs.record(Duration::from_micros(micros));
                    now[n].2.waits.record(Duration::from_micros(micros % 1_000_003 * 999));
                }
                let Some(counts) = telling.counts(now.clone()) else { continue };
                telling.was_saved();
                prop_assert!(counts.to_json().len() <= Counts::MAX_BYTES);
                for by in [By::TaskType, By::Kind] {
                    let told = sum(counts.by(by).map(|(_, tally)| tally));
                    let all = sum(now.iter().filter(|(one, ..)| *one == by).map(|(.., tally)| tally));
                    prop_assert_eq!(told, all);
                    let later: BTreeMap<_, _> = counts.by(by).collect();
                    for (name, tally) in before.by(by) {
                        prop_assert!(tally.since(later[name]).is_empty(), "{} only grows", name);
                    }
                }
                before = counts;
            }
        }
    }
}
