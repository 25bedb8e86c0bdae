//! Finds the items that a store refuses among many that it takes.

/// How many items may be refused alone before any piece was saved. Then the items are probably not the reason.
const MAX_ALONE: usize = 4;

/// A batch, cut into pieces until each refused item stands alone. If the store takes nothing at all, the rest of the
/// batch is set back after a few tries: then the cause is not a single item.
#[derive(Debug)]
pub struct Halving<T> {
    /// The next one last.
    pieces: Vec<Piece<T>>,
    alone: Vec<T>,
    max_alone: usize,
    is_any_saved: bool,
}

/// Neighbours of a batch.
#[derive(Debug)]
pub struct Piece<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where it begins in the batch.
    begin: usize,
}

/// The items of a batch that the store has not taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused<T> {
    /// Items that were refused alone.
    pub alone: Vec<T>,
    /// Items that were only refused together, or not tried, in their order.
    pub rest: Vec<T>,
}

impl<T> Halving<T> {
    /// Begins with the whole batch.
    pub fn new(batch: Vec<T>) -> Self {
        Self::up_to(MAX_ALONE, batch)
    }

    /// Begins with the whole batch, and gives up after this many items that were refused alone, unless a piece was
    /// saved.
    pub fn up_to(max_alone: usize, batch: Vec<T>) -> Self {
        let pieces = vec![Piece { items: batch, begin: 0 }];
        Self { pieces, alone: Vec::new(), max_alone, is_any_saved: false }
    }

    /// The next piece to save. Report each with [`saved`](Self::saved) or [`refused`](Self::refused).
    pub fn next_piece(&mut self) -> Option<Piece<T>> {
        let is_hopeless = !self.is_any_saved && self.alone.len() >= self.max_alone;
        if is_hopeless { None } else { self.pieces.pop() }
    }

    /// Tells that the store took the last piece.
    pub fn saved(&mut self) {
        self.is_any_saved = true;
    }

    /// Tells that the store refused the last piece.
    pub fn refused(&mut self, piece: Piece<T>) {
        let Piece { mut items, begin } = piece;
        if items.len() > 1 {
            let half = items.len() / 2;
            let rest = Piece { items: items.split_off(half), begin: begin + half };
            self.pieces.extend([rest, Piece { items, begin }]);
        } else {
            self.alone.append(&mut items);
            self.look_elsewhere();
        }
    }

    /// Until a piece is saved, the next one is the largest: bad items are often neighbours.
    fn look_elsewhere(&mut self) {
        let largest =
            (0..self.pieces.len()).max_by_key(|at| self.pieces.get(*at).map(|piece| piece.items.len()));
        if let Some(largest) = largest.filter(|_| !self.is_any_saved) {
            let largest = self.pieces.remove(largest);
            self.pieces.push(largest);
        }
    }

    /// The items that the store has not taken.
    pub fn end(mut self) -> Refused<T> {
        self.pieces.sort_by_key(|piece| piece.begin);
        Refused { alone: self.alone, rest: self.pieces.into_iter().flat_map(|piece| piece.items).collect() }
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
            if piece.items.iter().any(&is_bad) { halving.refused(piece) } else { halving.saved() }
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
        assert_eq!(halved(0..8, |item| *item > 0).0.alone, [1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn bad_items_at_the_front_do_not_hold_up_the_others() {
        for bad in [3, 10, 240] {
            let (mut refused, tries) = halved(0..500, |item| *item < bad);
            refused.alone.sort_unstable();
            assert_eq!(refused, Refused { alone: (0..bad).collect(), rest: vec![] });
            assert!(tries < 3 * bad as usize + 20, "{tries}");
        }
    }

    #[test]
    fn a_store_that_takes_nothing_is_left_alone_after_a_few_tries() {
        let (refused, tries) = halved(0..500, |_| true);
        assert_eq!((refused.alone.len(), refused.rest.len()), (MAX_ALONE, 500 - MAX_ALONE));
        assert!(refused.rest.is_sorted() && tries < 40, "{tries}");
    }
}
