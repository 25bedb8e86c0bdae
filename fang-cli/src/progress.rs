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
