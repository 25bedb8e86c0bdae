//! Finds the items that a store refuses among many that it takes.

/// How many items may be refused alone before any piece was saved. Then the items are probably not the reason.
const MAX_ALONE: usize = 3;

/// A batch, cut into pieces until each refused item stands alone. If the store takes nothing at all, the rest of the
/// batch is set back after a few tries: then the cause is not a single item.
#[derive(Debug)]
pub struct Halving<T> {
    pieces: Vec<Vec<T>>,
    alone: Vec<T>,
    is_any_saved: bool,
}

/// The items of a batch that the store has not taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused<T> {
    /// Items that were refused alone.
    pub alone: Vec<T>,
    /// Items that were only refused together, or not tried.
    pub rest: Vec<T>,
}

impl<T> Halving<T> {
    /// Begins with the whole batch.
    pub fn new(batch: Vec<T>) -> Self {
        Self { pieces: vec![batch], alone: Vec::new(), is_any_saved: false }
    }

    /// The next piece to save. Report each with [`saved`](Self::saved) or [`refused`](Self::refused).
    pub fn next_piece(&mut self) -> Option<Vec<T>> {
        let is_hopeless = !self.is_any_saved && self.alone.len() >= MAX_ALONE;
        if is_hopeless { None } else { self.pieces.pop() }
    }

    /// Tells that the store took the last piece.
    pub fn saved(&mut self) {
        self.is_any_saved = true;
    }

    /// Tells that the store refused the last piece.
    pub fn refused(&mut self, mut piece: Vec<T>) {
        if piece.len() > 1 {
            let rest = piece.split_off(piece.len() / 2);
            self.pieces.extend([rest, piece]);
        } else {
            self.alone.append(&mut piece);
        }
    }

    /// The items that the store has not taken.
    pub fn end(self) -> Refused<T> {
        Refused { alone: self.alone, rest: self.pieces.into_iter().rev().flatten().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Halves a batch for a store that refuses these numbers. Returns what is left, and the number of tries.
    fn halved(batch: impl IntoIterator<Item = u32>, is_bad: impl Fn(&u32) -> bool) -> (Refused<u32>, usize) {
        let (mut halving, mut tries) = (Halving::new(batch.into_iter().collect()), 0);
        while let Some(piece) = halving.next_piece() {
            tries += 1;
            if piece.iter().any(&is_bad) { halving.refused(piece) } else { halving.saved() }
        }
        (halving.end(), tries)
    }

    #[test]
    fn a_batch_that_is_taken_costs_one_try() {
        assert_eq!(halved(0..500, |_| false), (Refused { alone: vec![], rest: vec![] }, 1));
    }

    #[test]
    fn a_refused_batch_is_halved_until_the_bad_items_stand_alone() {
        let (refused, tries) = halved(0..500, |item| *item == 77);
        assert_eq!(refused, Refused { alone: vec![77], rest: vec![] });
        assert!(tries < 20, "{tries}");
        assert_eq!(halved(0..8, |item| *item != 5).0.alone, [0, 1, 2], "nothing was taken so far");
        assert_eq!(halved(0..8, |item| *item > 0).0.alone, [1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn a_store_that_takes_nothing_is_left_alone_after_a_few_tries() {
        let (refused, tries) = halved(0..500, |_| true);
        assert_eq!((refused.alone.len(), refused.rest.len()), (MAX_ALONE, 500 - MAX_ALONE));
        assert!(refused.rest.is_sorted() && tries < 20, "{tries}");
    }
}
