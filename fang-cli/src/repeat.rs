//! The command that was given, as text to run again.

use std::fmt::Display;

/// The same command, which goes on after a cursor.
pub(crate) fn after(cursor: impl Display) -> String {
    let given = std::env::args().skip(1);
    format!("{} --after {cursor}", shown(given, &["--after", "--database-url"]))
}

/// The same command.
pub(crate) fn same() -> String {
    shown(std::env::args().skip(1), &["--database-url"])
}

/// Without these options and their values: an address may have a password.
fn shown(arguments: impl Iterator<Item = String>, without: &[&str]) -> String {
    let mut arguments = arguments;
    let mut text = "fang".to_owned();
    while let Some(argument) = arguments.next() {
        if without.contains(&argument.as_str()) {
            arguments.next();
        } else if !without.iter().any(|name| argument.starts_with(&format!("{name}="))) {
            text += &format!(" {}", quoted(&argument));
        }
    }
    text
}

fn quoted(argument: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,~".contains(c);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_shown_for_a_shell_and_without_addresses() {
        let given = ["tasks", "--database-url", "x", "--after=1.2.", "--error", "it's off", "--kind=Mail"];
        let text = shown(given.map(str::to_owned).into_iter(), &["--after", "--database-url"]);
        assert_eq!(text, r"fang tasks --error 'it'\''s off' --kind=Mail");
    }
}
