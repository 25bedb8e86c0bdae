//! The progress of a long command, on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on the standard error. If that is no terminal, it shows nothing.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// Up to this number, if it is known.
    pub(crate) fn new(most: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(most, ProgressDrawTarget::stderr());
        let style = if most.is_some() {
            "{bar:40} {pos} of {len} ({per_sec})"
        } else {
            "{spinner} {pos} ({per_sec})"
        };
        Self(match ProgressStyle::with_template(style) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    /// Of a share of an unknown number.
    pub(crate) fn of_share() -> Self {
        let bar = ProgressBar::with_draw_target(Some(1_000), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:40} looked through {percent} %, {msg} match");
        Self(match style {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    /// How far it has come, as a share from 0 to 1, and how many it has found.
    pub(crate) fn set_share(&self, share: f64, found: u64) {
        self.0.set_message(found.to_string());
        self.0.set_position((share * 1_000.0) as u64);
    }

    /// How far it has come.
    pub(crate) fn set(&self, done: u64) {
        self.0.set_position(done);
    }

    /// Clears its line.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// An error leaves no half bar behind either.
impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}
