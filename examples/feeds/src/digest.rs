//! What a text is about, in short: real work for a processor, and none for a database.

use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

const TOP_WORDS: usize = 5;
/// Shorter words are mostly those that each text has.
const MIN_LETTERS: usize = 5;
/// So many characters tell a language; with more, a debug build would mostly do just that.
const SAMPLE: usize = 240;

/// What is kept of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Digest {
    /// By ISO 639-3; `None` when nobody can tell.
    pub(crate) language: Option<&'static str>,
    pub(crate) words: i32,
    /// The most frequent ones, the first first.
    pub(crate) top_words: Vec<String>,
    /// Of the text as it came, mark-up included.
    pub(crate) sha256: Vec<u8>,
}

impl Digest {
    pub(crate) fn of(text: &str) -> Self {
        let plain = without_tags(text);
        let (words, top_words) = count(&plain);
        Self {
            language: whatlang::detect_lang(sample(&plain)).map(|language| language.code()),
            words,
            top_words,
            sha256: Sha256::digest(text).to_vec(),
        }
    }
}

fn sample(plain: &str) -> &str {
    plain.char_indices().nth(SAMPLE).map_or(plain, |(end, _)| &plain[..end])
}

/// Many feeds have HTML in their items, and its tags are words of no language.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut is_tag = false;
    for character in text.chars() {
        match character {
            '<' => is_tag = true,
            '>' if is_tag => {
                is_tag = false;
                plain.push(' ');
            }
            _ if is_tag => {}
            _ => plain.push(character),
        }
    }
    plain
}

/// How many words there are, and the most frequent among the longer ones.
fn count(plain: &str) -> (i32, Vec<String>) {
    let lower = plain.to_lowercase();
    let mut words = 0;
    let mut frequencies = HashMap::<&str, u32>::new();
    for word in lower.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()) {
        words += 1;
        if word.chars().count() >= MIN_LETTERS {
            *frequencies.entry(word).or_default() += 1;
        }
    }
    let mut frequencies: Vec<_> = frequencies.into_iter().collect();
    // Words that are as frequent come in the order of the alphabet: a digest is always the same.
    frequencies.sort_unstable_by(|(one, often), (other, less)| less.cmp(often).then(one.cmp(other)));
    (words, frequencies.into_iter().take(TOP_WORDS).map(|(word, _)| word.to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_no_words_and_ties_are_in_order() {
        let digest = Digest::of("<p class=\"x\">Ferries and harbours, harbours &amp; ferries; ferries.</p>");
        assert_eq!(digest.top_words, ["ferries", "harbours"]);
        assert_eq!(digest.words, 7);
    }

    #[test]
    fn a_text_of_nothing_has_no_language() {
        let digest = Digest::of("");
        assert_eq!((digest.language, digest.words), (None, 0));
        assert_eq!(digest.sha256[..4], [0xe3, 0xb0, 0xc4, 0x42]);
    }
}
