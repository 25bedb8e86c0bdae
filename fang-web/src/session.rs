//! The token, and the cookie that stands for it.

use sha2::{Digest, Sha256};
use std::fmt;
use std::time::Duration;

/// How long a login lasts.
pub(crate) const LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The longest name that is given with a token.
const MAX_NAME: usize = 60;

/// A secret that opens the dashboard. Only its hash is kept.
#[derive(Clone)]
pub(crate) struct Token([u8; 32]);

impl Token {
    pub(crate) fn new(token: &str) -> Self {
        Self(hash(&[b"fang-web token", token.as_bytes()]))
    }

    /// Whether this is the token. The time that it takes tells nothing: hashes are compared, and all their bytes.
    pub(crate) fn is(&self, given: &str) -> bool {
        is_same(&self.0, &Self::new(given).0)
    }

    /// The value of a cookie for a viewer with this name, who has given the token at this second.
    pub(crate) fn cookie(&self, name: &str, now: u64) -> String {
        let name: String = name.trim().chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
        let told = format!("{}.{}", now + LIFE.as_secs(), hex(name.as_bytes()));
        format!("{told}.{}", hex(&self.seal(&told)))
    }

    /// The name in a cookie that this token has sealed, and that is not over.
    pub(crate) fn read(&self, cookie: &str, now: u64) -> Option<String> {
        let (told, seal) = cookie.rsplit_once('.')?;
        let is_sealed = is_same(hex(&self.seal(told)).as_bytes(), seal.as_bytes());
        let (until, name) = told.split_once('.')?;
        let is_fresh = until.parse::<u64>().is_ok_and(|until| now < until);
        (is_sealed && is_fresh).then(|| unhex(name)).flatten()
    }

    /// Hashed twice with the secret, so that no longer text has a seal that can be computed from this one.
    fn seal(&self, told: &str) -> [u8; 32] {
        hash(&[&self.0, &hash(&[&self.0, told.as_bytes()])])
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

/// Looks at all bytes, so that the time tells nothing but the length.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |sum, (one, other)| sum | (one ^ other));
    one.len() == other.len() && std::hint::black_box(differences) == 0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<String> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    String::from_utf8(text.as_bytes().chunks(2).map(byte).collect::<Option<_>>()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_that_of_its_token_until_it_is_over() {
        let token = Token::new("a secret of the tests");
        let cookie = token.cookie("Ada Löwe\n", 1_000);
        assert_eq!(token.read(&cookie, 1_001), Some("Ada Löwe".to_owned()));
        assert_eq!(token.read(&cookie, 1_000 + LIFE.as_secs()), None);
        assert_eq!(Token::new("another secret").read(&cookie, 1_001), None);
        assert!(token.is("a secret of the tests") && !token.is("a secret of the test") && !token.is(""));
    }

    #[test]
    fn nothing_in_a_cookie_can_be_changed() {
        let token = Token::new("a secret of the tests");
        let cookie = token.cookie("ada", 1_000);
        for place in 0..cookie.len() {
            let mut bytes = cookie.clone().into_bytes();
            bytes[place] = if bytes[place] == b'1' { b'2' } else { b'1' };
            assert_eq!(token.read(std::str::from_utf8(&bytes).unwrap(), 1_001), None, "{place}");
        }
        for cookie in ["", ".", "..", "9999999999..", "9999999999.61.00"] {
            assert_eq!(token.read(cookie, 1_001), None);
        }
    }
}
