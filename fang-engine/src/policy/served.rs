//! The task types that a pool serves.

use fang_core::QueueError;
use std::collections::HashMap;
use std::sync::Arc;

/// A pool with more task types than this looks which of them have tasks before it claims. With fewer, such a look would
/// cost more than it saves.
const FEW: usize = 5;

/// The most task types that a line of the log names.
const NAMED: usize = 10;

/// A task type that a pool works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its name.
    pub task_type: Arc<str>,
    /// How many tasks of it start for each one of a type with weight 1, while both have work.
    pub weight: u32,
}

impl Share {
    /// The share of a pool that works on one task type only.
    pub fn whole(task_type: &str) -> Self {
        Self { task_type: task_type.into(), weight: 1 }
    }
}

/// The task types that a pool serves: those of a list, or all that there are. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Served(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    shares: Vec<Share>,
    /// The place of each name in `shares`.
    places: HashMap<Arc<str>, usize>,
    is_all: bool,
}

impl Served {
    /// Of `task_types` with their weights, or of `task_type` if that is empty. With `is_all`, of every type; those that
    /// are not listed have the weight 1.
    pub fn new(task_types: &[(String, u32)], task_type: &str, is_all: bool) -> Self {
        let share =
            |(name, weight): &(String, u32)| Share { task_type: name.as_str().into(), weight: *weight };
        let shares: Vec<Share> = match task_types.is_empty() && !is_all {
            true => vec![Share::whole(task_type)],
            false => task_types.iter().map(share).collect(),
        };
        Self::of(shares, is_all)
    }

    /// Of these shares, and of all other task types if `is_all`.
    pub fn of(shares: Vec<Share>, is_all: bool) -> Self {
        let places = shares.iter().enumerate().map(|(place, share)| (share.task_type.clone(), place));
        let places = places.collect();
        Self(Arc::new(Inner { shares, places, is_all }))
    }

    /// # Errors
    /// [`QueueError::TaskTypes`] when a task type is named twice or has the weight 0.
    pub fn check(&self) -> Result<(), QueueError> {
        let Inner { shares, places, .. } = &*self.0;
        let is_wrong = |(place, share): &(usize, &Share)| {
            share.weight == 0 || places.get(&share.task_type) != Some(place)
        };
        match shares.iter().enumerate().find(is_wrong) {
            Some((_, share)) => Err(QueueError::TaskTypes { task_type: share.task_type.to_string() }),
            None => Ok(()),
        }
    }

    /// The task types of the list, with their weights. Others are served as well if [all](Self::are_all) are.
    pub fn shares(&self) -> &[Share] {
        &self.0.shares
    }

    /// The names of the list.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.shares.iter().map(|share| &share.task_type)
    }

    /// Whether all task types are served.
    pub fn are_all(&self) -> bool {
        self.0.is_all
    }

    /// Whether there are so many that a pool looks which of them have tasks.
    pub fn are_many(&self) -> bool {
        self.0.is_all || self.0.shares.len() > FEW
    }

    /// Whether this type is served.
    pub fn has(&self, task_type: &str) -> bool {
        self.0.is_all || self.0.places.contains_key(task_type)
    }

    /// The share of a type, or `None` if it is not served. Shares of listed types have the name that all parts share.
    pub fn share(&self, task_type: &str) -> Option<Share> {
        let listed = self.0.places.get(task_type).and_then(|place| self.0.shares.get(*place)).cloned();
        listed.or_else(|| self.0.is_all.then(|| Share::whole(task_type)))
    }

    /// What is served, for the log.
    pub fn described(&self) -> String {
        if self.0.is_all {
            return "all task types".to_owned();
        }
        let names: Vec<&str> = self.names().take(NAMED).map(|name| &**name).collect();
        match self.0.shares.len().saturating_sub(NAMED) {
            0 => format!("the task types {names:?}"),
            more => format!("the task types {names:?} and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(types: &[(&str, u32)]) -> Vec<(String, u32)> {
        types.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect()
    }

    #[test]
    fn a_type_twice_or_without_weight_is_refused() {
        for bad in [&[("mail", 0)][..], &[("mail", 1), ("mail", 2)]] {
            let served = Served::new(&listed(bad), "common", false);
            assert!(
                matches!(served.check(), Err(QueueError::TaskTypes { task_type }) if task_type == "mail")
            );
        }
        assert!(Served::new(&[], "common", false).check().is_ok());
    }

    #[test]
    fn all_types_are_served_with_the_weights_of_those_that_are_listed() {
        let served = Served::new(&listed(&[("mail", 3)]), "common", true);
        assert!(served.has("anything") && served.are_many());
        assert_eq!(served.share("mail").map(|share| share.weight), Some(3));
        assert_eq!(served.share("anything").map(|share| share.weight), Some(1));
        let few = Served::new(&listed(&[("mail", 3)]), "common", false);
        assert!(few.share("anything").is_none() && !few.has("common") && !few.are_many());
    }

    #[test]
    fn the_log_names_a_few_types() {
        let names: Vec<String> = (0..10_000).map(|n| format!("customer {n}")).collect();
        let many = Served::new(&names.into_iter().map(|name| (name, 1)).collect::<Vec<_>>(), "", false);
        assert!(many.described().len() < 250 && many.described().ends_with("and 9990 more"));
        assert_eq!(Served::new(&[], "common", false).described(), r#"the task types ["common"]"#);
        assert_eq!(Served::new(&[], "common", true).described(), "all task types");
    }
}
