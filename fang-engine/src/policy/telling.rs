//! What a pool tells with its beats: counts since it registered, in a limited number of bytes.

use fang_core::store::{Counts, Tally};
use std::sync::Arc;

/// The bytes for the task types that are summed under one name.
const FOR_OTHERS: usize = 2560;

/// What was counted, for each task type, always in the same order.
type Counted = Vec<(Arc<str>, Tally)>;

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
    /// The task types with a name, in the order in which they became active.
    named: Vec<usize>,
}

/// How a task type is told.
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
        if now == self.saved || self.saved.is_empty() && now.iter().all(|(_, tally)| tally.is_empty()) {
            return None;
        }
        self.places.resize(now.len(), Place::None);
        let since: Counted = now
            .iter()
            .enumerate()
            .map(|(n, (name, tally))| {
                (
                    name.clone(),
                    self.earlier.get(n).map_or_else(|| tally.clone(), |(_, earlier)| tally.since(earlier)),
                )
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

    /// Gives a name to each task type that has become active, and takes growth from the latest ones while all
    /// together have too many bytes.
    fn make_room(&mut self, since: &Counted) {
        let (mut sizes, mut bytes) = (Vec::new(), 0);
        for (n, (place, (name, tally))) in self.places.iter_mut().zip(since).enumerate() {
            if matches!(place, Place::None) && !tally.is_empty() {
                *place = Place::Named(Tally::default(), 0);
                self.named.push(n);
            }
            let size = match place {
                Place::None => 0,
                Place::Full(_, size) => *size,
                Place::Named(..) => size(name, tally),
            };
            sizes.push(size);
            bytes += size;
        }
        while bytes > Counts::MAX_BYTES - FOR_OTHERS
            && let Some(last) = self.named.pop()
        {
            if let (Some(place), Some(size)) = (self.places.get_mut(last), sizes.get(last))
                && let Place::Named(told, had) = place
            {
                bytes = (bytes + *had).saturating_sub(*size);
                *place = Place::Full(std::mem::take(told), *had);
            }
        }
        for ((place, (_, tally)), size) in self.places.iter_mut().zip(since).zip(sizes) {
            if let Place::Named(told, had) = place {
                (*told, *had) = (tally.clone(), size);
            }
        }
    }

    fn told(&self, since: &Counted) -> Counts {
        let mut counts = Counts::default();
        for (place, (name, tally)) in self.places.iter().zip(since) {
            match place {
                Place::None => {}
                Place::Named(told, _) => counts.add(name, told),
                Place::Full(told, _) => {
                    if !told.is_empty() {
                        counts.add(name, told);
                    }
                    counts.add(Counts::OTHERS, &tally.since(told));
                }
            }
        }
        counts
    }
}

/// How many bytes of JSON a task type has among others.
fn size(name: &str, tally: &Tally) -> usize {
    let mut alone = Counts::default();
    alone.add(name, tally);
    alone.to_json().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn started(started: u64) -> Tally {
        let mut tally = Tally::default();
        tally.started = started;
        tally
    }

    fn of(counts: &[(&str, u64)]) -> Counted {
        counts.iter().map(|(name, runs)| ((*name).into(), started(*runs))).collect()
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

    proptest! {
        /// Many task types with long names and all spans of time.
        #[test]
        fn the_bytes_are_limited_and_the_sums_exact(
            beats in prop::collection::vec(prop::collection::vec((0_usize..200, 0_u64..1 << 36, 1_u64..1_000_000), 0..80), 1..8),
        ) {
            let mut now: Counted = (0..200).map(|n| (format!("type \"{n}\" {}", "x".repeat(n)).into(), Tally::default())).collect();
            let (mut telling, mut before) = (Telling::default(), Counts::default());
            for beat in beats {
                for (n, micros, runs) in beat {
                    now[n].1.started += runs;
                    now[n].1.runs.record(Duration::from_micros(micros));
                }
                let Some(counts) = telling.counts(now.clone()) else { continue };
                telling.was_saved();
                prop_assert!(counts.to_json().len() <= Counts::MAX_BYTES);
                let sum = |counts: &Counts| counts.iter().fold(Tally::default(), |mut sum, (_, tally)| {
                    sum.merge(tally);
                    sum
                });
                let all = now.iter().fold(Tally::default(), |mut sum, (_, tally)| { sum.merge(tally); sum });
                prop_assert_eq!(sum(&counts), all);
                for (name, tally) in before.iter() {
                    prop_assert!(tally.since(counts.of(name).unwrap()).is_empty(), "{} only grows", name);
                }
                before = counts;
            }
        }
    }
}
