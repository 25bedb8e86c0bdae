//! Values of names that other programs choose, such as task types. There may be any number of them.

use fang_core::store::Counts;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};

/// The most names with a value of their own.
pub(crate) const MOST_NAMES: usize = 1_000;

/// The values of the first names that come, up to [`MOST_NAMES`]. A name that is known takes a lock for reading, and
/// allocates nothing.
#[derive(Debug)]
pub(crate) struct FirstNames<T>(RwLock<Known<T>>);

#[derive(Debug)]
struct Known<T> {
    /// In the order in which they came.
    values: Vec<(Arc<str>, Arc<T>)>,
    places: HashMap<Arc<str>, usize>,
}

impl<T> Default for FirstNames<T> {
    fn default() -> Self {
        Self(RwLock::new(Known { values: Vec::new(), places: HashMap::new() }))
    }
}

impl<T> FirstNames<T> {
    /// The value of a name, made if the name is new. `None` if there are enough names without it.
    pub(crate) fn own(&self, name: &str, make: impl FnOnce(&Arc<str>) -> T) -> Option<Arc<T>> {
        let known = self.known();
        if let Some(value) = known.get(name) {
            return Some(value);
        }
        if !known.has_room_for(name) {
            return None;
        }
        drop(known);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have added it, or the last one.
        if known.get(name).is_none() && known.has_room_for(name) {
            let name: Arc<str> = name.into();
            let value = Arc::new(make(&name));
            known.add(name, value);
        }
        known.get(name)
    }

    /// The value of a name that came before.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<T>> {
        self.known().get(name)
    }

    /// Shows all values, in the order in which their names came.
    pub(crate) fn each(&self, mut see: impl FnMut(&Arc<str>, &T)) {
        self.known().values.iter().for_each(|(name, value)| see(name, value));
    }

    fn known(&self) -> RwLockReadGuard<'_, Known<T>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The values of the first names that come, and one that all others share.
#[derive(Debug)]
pub(crate) struct Limited<T> {
    first: FirstNames<T>,
    others: OnceLock<(Arc<str>, Arc<T>)>,
}

impl<T> Default for Limited<T> {
    fn default() -> Self {
        Self { first: FirstNames::default(), others: OnceLock::new() }
    }
}

impl<T> Limited<T> {
    /// The value of a name. The first one for it is made with its name, or with that of the others.
    pub(crate) fn of(&self, name: &str, make: impl Fn(&Arc<str>) -> T) -> Arc<T> {
        self.first.own(name, &make).unwrap_or_else(|| self.others(make))
    }

    /// The value of a name that came before, else that of the others.
    pub(crate) fn known(&self, name: &str, make: impl FnOnce(&Arc<str>) -> T) -> Arc<T> {
        self.first.get(name).unwrap_or_else(|| self.others(make))
    }

    /// The value of the others, made if there is none.
    pub(crate) fn others(&self, make: impl FnOnce(&Arc<str>) -> T) -> Arc<T> {
        let new = || {
            let name = Counts::OTHERS.into();
            let value = Arc::new(make(&name));
            (name, value)
        };
        self.others.get_or_init(new).1.clone()
    }

    /// Shows all values: that of the others if it was made, then those of the names, in the order in which they came.
    pub(crate) fn each(&self, mut see: impl FnMut(&Arc<str>, &T)) {
        self.others.get().into_iter().for_each(|(name, value)| see(name, value));
        self.first.each(see);
    }
}

impl<T> Known<T> {
    fn get(&self, name: &str) -> Option<Arc<T>> {
        let place = self.places.get(name)?;
        self.values.get(*place).map(|(_, value)| value.clone())
    }

    /// The name of the others is that of no single one.
    fn has_room_for(&self, name: &str) -> bool {
        self.values.len() < MOST_NAMES && name != Counts::OTHERS
    }

    fn add(&mut self, name: Arc<str>, value: Arc<T>) {
        self.places.insert(name.clone(), self.values.len());
        self.values.push((name, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_names_have_values_of_their_own_and_the_others_have_none() {
        let names = FirstNames::default();
        let all: Vec<String> = (0..MOST_NAMES + 2).map(|n| n.to_string()).collect();
        assert!(names.own(Counts::OTHERS, |_| 0).is_none());
        let own = all.iter().filter(|name| names.own(name, |name| name.len()).is_some()).count();
        assert_eq!(own, MOST_NAMES);
        assert_eq!(names.own("42", |_| panic!("it is known")).as_deref(), Some(&2));
        assert_eq!((names.get("999").as_deref(), names.get("1000")), (Some(&3), None));
        let mut seen = Vec::new();
        names.each(|name, _| seen.push(name.to_string()));
        assert_eq!(seen, all[..MOST_NAMES]);
    }

    #[test]
    fn the_names_that_come_too_late_share_a_value_which_is_made_for_the_first_of_them() {
        let names = Limited::default();
        let make = |name: &Arc<str>| name.to_string();
        let of = |name: usize| names.of(&name.to_string(), make).to_string();
        assert!((0..MOST_NAMES).all(|name| of(name) == name.to_string()));
        let shown = || {
            let mut shown = Vec::new();
            names.each(|name, _| shown.push(name.to_string()));
            (shown.len(), shown[0].clone())
        };
        assert_eq!(shown(), (MOST_NAMES, "0".to_owned()));
        assert_eq!([of(MOST_NAMES), of(MOST_NAMES + 1)], [Counts::OTHERS; 2]);
        assert_eq!(
            (names.known("7", make).as_str(), names.known("new", make).as_str()),
            ("7", Counts::OTHERS)
        );
        assert_eq!(shown(), (MOST_NAMES + 1, Counts::OTHERS.to_owned()));
    }
}
