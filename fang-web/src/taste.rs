//! How a viewer wants the pages: a cookie, so that they are so from the first line on, with scripts or without.

/// The name of the cookie.
pub(crate) const COOKIE: &str = "fang_web_look";

/// The themes, and what they are called. The first is that of the system.
pub(crate) const THEMES: [(&str, &str); 3] =
    [("auto", "as the system"), ("light", "light"), ("dark", "dark")];
/// The zones of times. The first is the default.
pub(crate) const ZONES: [(&str, &str); 2] = [("local", "the zone of this browser"), ("utc", "UTC")];

/// Whether there are keyboard shortcuts. The first is the default.
pub(crate) const KEYS: [(&str, &str); 2] = [("on", "on"), ("off", "off")];

/// How a viewer wants the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taste {
    pub(crate) theme: &'static str,
    pub(crate) zone: &'static str,
    pub(crate) keys: &'static str,
}

impl Taste {
    /// From the words of a form. Others are those of the default.
    pub(crate) fn of(theme: Option<&str>, zone: Option<&str>, keys: Option<&str>) -> Self {
        Self { theme: word(&THEMES, theme), zone: word(&ZONES, zone), keys: word(&KEYS, keys) }
    }

    /// From the value of a cookie.
    pub(crate) fn read(cookie: Option<&str>) -> Self {
        let mut words = cookie.unwrap_or_default().split('.');
        Self::of(words.next(), words.next(), words.next())
    }

    /// The value of the cookie.
    pub(crate) fn cookie(self) -> String {
        format!("{}.{}.{}", self.theme, self.zone, self.keys)
    }

    /// Whether there are keyboard shortcuts.
    pub(crate) fn has_keys(self) -> bool {
        self.keys == "on"
    }

    /// The schemes of colours that pages may have.
    pub(crate) fn schemes(self) -> &'static str {
        if self.theme == "auto" { "light dark" } else { self.theme }
    }
}

fn word(words: &[(&'static str, &str)], wanted: Option<&str>) -> &'static str {
    let found = words.iter().find(|(word, _)| Some(*word) == wanted);
    found.or(words.first()).map_or("", |(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taste_comes_back_from_its_cookie_and_other_words_are_the_default() {
        for (theme, _) in THEMES {
            for (zone, _) in ZONES {
                for (keys, _) in KEYS {
                    let taste = Taste { theme, zone, keys };
                    assert_eq!(Taste::read(Some(&taste.cookie())), taste);
                }
            }
        }
        for cookie in [None, Some(""), Some("x.y"), Some("<script>.")] {
            assert_eq!(Taste::read(cookie), Taste { theme: "auto", zone: "local", keys: "on" });
        }
    }
}
