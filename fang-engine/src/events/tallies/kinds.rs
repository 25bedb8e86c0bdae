//! The kinds that a program has, and their places in the counters.

use fang_core::store::Counts;
use std::collections::HashMap;
use std::sync::Arc;

/// The kinds of this program, in the order of their names. Kinds that it does not have share a place behind them.
#[derive(Debug)]
pub(crate) struct KindPlaces {
    names: Vec<Arc<str>>,
    places: HashMap<&'static str, usize>,
    /// The places in the order of the addresses of the names. A struct tells its name by the same address as the registry,
    /// unless the compiler has made a second copy of the text.
    addresses: Vec<(Address, usize)>,
}

/// Where a text is, and how long.
type Address = (usize, usize);

fn address(text: &'static str) -> Address {
    (text.as_ptr().addr(), text.len())
}

impl KindPlaces {
    pub(crate) fn new(names: &[&'static str]) -> Self {
        let mut unique = names.to_vec();
        unique.sort_unstable();
        unique.dedup();
        let places: HashMap<_, _> = unique.iter().enumerate().map(|(place, name)| (*name, place)).collect();
        let place = |name: &&'static str| Some((address(name), *places.get(name)?));
        let mut addresses: Vec<_> = names.iter().filter_map(place).collect();
        addresses.sort_unstable();
        Self { names: unique.into_iter().chain([Counts::OTHERS]).map(Arc::from).collect(), places, addresses }
    }

    /// The place of the kind of a decoded task. Compares no text if it can.
    pub(crate) fn of_decoded(&self, kind: &'static str) -> usize {
        let found = self.addresses.binary_search_by_key(&address(kind), |(address, _)| *address).ok();
        let found = found.and_then(|index| self.addresses.get(index));
        found.map_or_else(|| self.of(kind), |(_, place)| *place)
    }

    /// The place of a kind.
    pub(crate) fn of(&self, kind: &str) -> usize {
        self.places.get(kind).copied().unwrap_or_else(|| self.others())
    }

    /// The place of all kinds that the program does not have.
    pub(crate) fn others(&self) -> usize {
        self.places.len()
    }

    /// The names, that of the others last.
    pub(crate) fn names(&self) -> &[Arc<str>] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_place_and_unknown_ones_share_the_last() {
        let kinds = KindPlaces::new(&["sync", "mail", "sync"]);
        let names = |kind| &*kinds.names()[kinds.of(kind)];
        assert_eq!(["mail", "sync", "gone", ""].map(names), ["mail", "sync", Counts::OTHERS, Counts::OTHERS]);
        let copy: &'static str = String::from("mail").leak();
        for decoded in ["mail", "sync", "gone", copy, "mai"] {
            assert_eq!(kinds.of_decoded(decoded), kinds.of(decoded), "{decoded}");
        }
        assert_eq!(kinds.names().len(), 3);
        assert_eq!(KindPlaces::new(&[]).of("mail"), 0);
    }
}
