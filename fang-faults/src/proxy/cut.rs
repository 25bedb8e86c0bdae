//! Cuts: words at which the proxy closes a connection.

use std::collections::VecDeque;

/// A direction through the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// Words at which connections are closed. The data that contains the word does not arrive.
#[derive(Clone, Debug)]
pub struct Cut {
    pub(super) direction: Direction,
    pub(super) words: Vec<Vec<u8>>,
    pub(super) left: u64,
    chance: f64,
    random: fastrand::Rng,
}

impl Cut {
    /// Cuts when the server sends one of these words. The command tag of a finished statement, such as `INSERT 0 ` or
    /// `DELETE `, cuts between the commit and its reply.
    #[must_use]
    pub fn answers<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Self {
        Self::new(Direction::Down, words)
    }

    /// Cuts when the client sends one of these words.
    #[must_use]
    pub fn requests<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Self {
        Self::new(Direction::Up, words)
    }

    fn new<W: AsRef<[u8]>>(direction: Direction, words: impl IntoIterator<Item = W>) -> Self {
        let words = words.into_iter().map(|word| word.as_ref().to_vec()).collect();
        Self { direction, words, left: u64::MAX, chance: 1.0, random: fastrand::Rng::with_seed(0) }
    }

    /// Limits the number of cuts. After that all data passes.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.left = times;
        self
    }

    /// Cuts with this probability only. The seed makes the choice repeatable.
    #[must_use]
    pub fn by_chance(mut self, chance: f64, seed: u64) -> Self {
        self.chance = chance;
        self.random = fastrand::Rng::with_seed(seed);
        self
    }

    /// Decides whether to cut at a word that passes.
    pub(super) fn draw(&mut self) -> bool {
        let is_drawn = self.left > 0 && self.random.f64() < self.chance;
        self.left -= u64::from(is_drawn);
        is_drawn
    }
}

/// The end of the data that has passed, since a word may arrive in two parts.
#[derive(Debug, Default)]
pub(super) struct Tail(VecDeque<u8>);

impl Tail {
    /// Whether one of the words ends within `bytes`.
    pub(super) fn sees(&self, words: &[Vec<u8>], bytes: &[u8]) -> bool {
        words.iter().filter(|word| !word.is_empty()).any(|word| {
            let before = self.0.len().min(word.len() - 1);
            let tail = self.0.iter().skip(self.0.len() - before);
            let joined: Vec<u8> = tail.chain(bytes).copied().collect();
            joined.windows(word.len()).any(|window| window == word)
        })
    }

    /// Remembers as much of `bytes` as the longest word could need.
    pub(super) fn keep(&mut self, words: &[Vec<u8>], bytes: &[u8]) {
        let longest = words.iter().map(Vec::len).max().unwrap_or_default();
        self.0.extend(bytes);
        self.0.drain(..self.0.len().saturating_sub(longest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_in_two_parts_is_seen_once() {
        let words = vec![b"DELETE ".to_vec(), b"a".to_vec()];
        let mut tail = Tail::default();
        let seen: Vec<bool> = [&b"xDEL"[..], b"ETE", b" 1", b"", b" a", b"b"]
            .map(|bytes| {
                let seen = tail.sees(&words, bytes);
                tail.keep(&words, bytes);
                seen
            })
            .to_vec();
        assert_eq!(seen, [false, false, true, false, true, false]);
    }

    #[test]
    fn a_chance_is_the_same_for_the_same_seed_and_ends_when_none_are_left() {
        let draws = |seed| {
            let mut cut = Cut::answers(["x"]).by_chance(0.5, seed).times(10);
            (0..100).map(|_| cut.draw()).collect::<Vec<_>>()
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
        assert_eq!(draws(7).iter().filter(|drawn| **drawn).count(), 10);
    }
}
