use crate::store::Changes;
use uuid::Uuid;

/// How far changes of many tasks have looked, where it is not known how many match. They go by id, and ids grow with
/// time. So the share is that of the ids between the end of the first batch and the newest task at the start. It never
/// falls.
///
/// ```
/// use fang_core::operator::Reach;
/// use fang_core::store::{Change, Changes, Filter};
/// let changes = Changes::new(Filter::default(), Change::Retry);
/// let mut reach = Reach::new(None, 1);
/// assert_eq!(reach.look(0, &changes), 0.0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    first: Option<Uuid>,
    newest: Option<Uuid>,
    walks: usize,
    share: f64,
}

impl Reach {
    /// Of so many changes, one after the other, each of which looks at all tasks. `newest` is the id of the newest one.
    pub fn new(newest: Option<Uuid>, walks: usize) -> Self {
        Self { first: None, newest, walks: walks.max(1), share: 0.0 }
    }

    /// The share after a batch of the change at this place, from 0 to 1.
    pub fn look(&mut self, place: usize, changes: &Changes) -> f64 {
        let part = if changes.progress().is_done { 1.0 } else { self.part(changes.position()) };
        self.share = self.share.max((place as f64 + part) / self.walks as f64).min(1.0);
        self.share
    }

    fn part(&mut self, position: Option<Uuid>) -> f64 {
        let (Some(position), Some(newest)) = (position, self.newest) else { return 0.0 };
        let first = self.first.get_or_insert(position).as_u128();
        let (way, gone) = (newest.as_u128().saturating_sub(first), position.as_u128().saturating_sub(first));
        // Tasks that are newer than the newest one at the start are looked at too: that is not the end yet.
        (gone as f64 / (way as f64).max(1.0)).min(0.99)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Change, Changed, Filter};

    fn looked(changes: &mut Changes, next: Option<u128>) {
        changes.add(Changed { looked: 1, next: next.map(Uuid::from_u128), ..Changed::default() });
    }

    #[test]
    fn a_share_grows_with_the_ids_and_is_whole_at_the_end_alone() {
        let new = || Changes::new(Filter::default(), Change::Cancel);
        let (mut reach, mut all) = (Reach::new(Some(Uuid::from_u128(1_000)), 2), [new(), new()]);
        let mut shares = Vec::new();
        for (place, changes) in all.iter_mut().enumerate() {
            for next in [Some(500), Some(750), Some(700), Some(2_000), None] {
                looked(changes, next);
                shares.push(reach.look(place, changes));
            }
        }
        assert_eq!(shares, [0.0, 0.25, 0.25, 0.495, 0.5, 0.5, 0.75, 0.75, 0.995, 1.0]);
    }

    #[test]
    fn a_table_of_one_task_or_none_has_shares_too() {
        let mut changes = Changes::new(Filter::default(), Change::Cancel);
        looked(&mut changes, Some(7));
        for newest in [None, Some(Uuid::from_u128(7)), Some(Uuid::nil())] {
            assert_eq!(Reach::new(newest, 1).look(0, &changes), 0.0);
        }
    }
}
