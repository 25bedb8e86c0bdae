//! The digest of a text: its language and its most frequent words. It needs the processor, not the database.

use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

const TOP_WORDS: usize = 5;
/// Shorter words are mostly ones that every text has, such as articles.
const MIN_LETTERS: usize = 5;
/// This many characters are enough to detect the language. With more, a debug build would spend most of its time on
/// it.
const SAMPLE: usize = 240;

/// The digest of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Digest {
    /// The code of ISO 639-3. `None` if the language was not detected.
    pub(crate) language: Option<&'static str>,
    pub(crate) words: i32,
    /// The most frequent words, in descending order of frequency.
    pub(crate) top_words: Vec<String>,
    /// The hash of the original text, with its mark-up.
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

/// Removes HTML tags, which many feeds have in their items.
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

/// Counts the words. Returns their number and the most frequent of the longer ones.
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
    // Equally frequent words are sorted by the alphabet, so that the digest of a text is always the same.
    frequencies.sort_unstable_by(|(one, often), (other, less)| less.cmp(often).then(one.cmp(other)));
    (words, frequencies.into_iter().take(TOP_WORDS).map(|(word, _)| word.to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_do_not_count_as_words_and_ties_are_sorted() {
        let digest = Digest::of("<p class=\"x\">Ferries and harbours, harbours &amp; ferries; ferries.</p>");
        assert_eq!(digest.top_words, ["ferries", "harbours"]);
        assert_eq!(digest.words, 7);
    }

    #[test]
    fn an_empty_text_has_no_language() {
        let digest = Digest::of("");
        assert_eq!((digest.language, digest.words), (None, 0));
        assert_eq!(digest.sha256[..4], [0xe3, 0xb0, 0xc4, 0x42]);
    }
}
