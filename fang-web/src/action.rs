//! What an operator did.

use crate::show::visible;
use std::fmt;

/// An action that a viewer took, for the log of the application. Its text is one line without control characters.
///
/// ```
/// # fn audit(action: &fang_web::Action) {
/// println!("{action}"); // ada: retry 01890a5d-ac96-774b-bcce-b302099a8057
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Action {
    /// Who took it: the name that the check of the application returned, or that the viewer gave with the token.
    pub who: String,
    /// What was done: `retry`, `cancel`, `remove`, `reschedule`, `priority`, `stop change`, `pause type`,
    /// `resume type`, `quiet worker`, `resume worker`, `stop worker`, `run cron`, `pause cron`, `resume cron`,
    /// `remove cron`, `add cron`, `edit cron`, `insert task`, `log in` or `log out`.
    pub verb: &'static str,
    /// What it was done to: an id, a name, or the conditions of a filter. If the viewer filtered by payload, `***`
    /// takes the place of the payload.
    pub target: String,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { who, verb, target } = self;
        let line = format!("{who}: {verb} {target}").replace('\n', " ");
        f.write_str(visible(&line).trim_end())
    }
}
