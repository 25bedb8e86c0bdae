/// The text with an escape for each character that would steer its reader: control characters, and those that change
/// the direction of text or cannot be seen. Lines and tabs stay.
pub fn visible(text: &str) -> String {
    let is_unseen = |c: char| {
        matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            || (c.is_control() && c != '\n' && c != '\t')
    };
    if !text.contains(is_unseen) {
        return text.to_owned();
    }
    let escaped = |c: char| if is_unseen(c) { c.escape_unicode().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_steers_its_reader() {
        assert_eq!(visible("a\tb\nc größer"), "a\tb\nc größer");
        assert_eq!(visible("gpj\u{202e}exe\u{7}\r"), "gpj\\u{202e}exe\\u{7}\\u{d}");
        assert_eq!(visible("\u{200f}\u{2066}\u{feff}"), "\\u{200f}\\u{2066}\\u{feff}");
    }
}
