//! Arguments that cannot be understood, in one line.

use crate::failure::Failure;
use clap::error::{Error, ErrorKind};
use std::process::ExitCode;

/// Prints the help that was asked for, or tells what is wrong with the arguments.
pub(crate) fn tell(error: &Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A reader that has read enough is no failure.
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::from(2)
        }
        _ => Failure::new(one_line(&error.render().to_string())).tell(),
    }
}

/// The text up to the usage, in one line.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines =
        lines.take_while(|line| !["Usage:", "For more", "tip:"].iter().any(|end| line.starts_with(end)));
    let told = lines.collect::<Vec<_>>().join(" ");
    let told = told.strip_prefix("error: ").unwrap_or(&told);
    format!("{told}; see `fang --help`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_is_left_out() {
        let text =
            "error: invalid value 'x' for '--state'\n  [possible values: new]\n\nUsage: fang\n\nFor more";
        assert_eq!(
            one_line(text),
            "invalid value 'x' for '--state' [possible values: new]; see `fang --help`"
        );
    }
}
