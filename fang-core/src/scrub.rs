//! Texts of errors without what differs from task to task.

/// Longer lines are cut here.
const LONGEST: usize = 200;

/// The first line, with `#` for each number and `<uuid>` for each UUID.
pub(crate) fn scrub(error: &str) -> String {
    let line = error.trim_start().lines().next().unwrap_or_default();
    let chars: Vec<char> = line.chars().collect();
    let (mut out, mut at) = (String::new(), 0);
    while let Some(&char) = chars.get(at) {
        if is_uuid(&chars[at..]) {
            out.push_str("<uuid>");
            at += 36;
        } else if char.is_ascii_digit() {
            out.push('#');
            at += chars[at..].iter().take_while(|char| char.is_ascii_digit()).count();
        } else {
            out.push(char);
            at += 1;
        }
    }
    out.trim_end().chars().take(LONGEST).collect()
}

fn is_uuid(chars: &[char]) -> bool {
    let fits = |(at, char): (usize, &char)| match at {
        8 | 13 | 18 | 23 => *char == '-',
        _ => char.is_ascii_hexdigit(),
    };
    chars.len() >= 36 && chars[..36].iter().enumerate().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ids_are_replaced_in_the_first_line() {
        let error = "task 01890a5d-ac96-774b-bcce-b302099a8057 waited 12.5 s\nfor nothing";
        assert_eq!(scrub(error), "task <uuid> waited #.# s");
        assert_eq!(scrub(&"ä".repeat(300)).chars().count(), LONGEST);
        assert_eq!(scrub(""), "");
    }
}
