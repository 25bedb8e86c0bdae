//! The keyboard shortcuts, which the script `keys.js` follows.

use maud::{Markup, html};

/// The keys, and what they do. The letters of the pages are in the menu.
const KEYS: [(&str, &str); 5] = [
    ("/", "write into the filter of tasks"),
    ("j", "to the next row of a table"),
    ("k", "to the row before"),
    ("x", "select the task of the row, or no longer"),
    ("?", "this list, and Esc closes it"),
];

/// All shortcuts. `pages` are the pages of the menu with their letters.
pub(crate) fn list<'a>(pages: impl Iterator<Item = (&'a str, &'a str)>) -> Markup {
    html! {
        dl.fields {
            @for (keys, what) in KEYS { dt { kbd { (keys) } } dd { (what) } }
            @for (name, letter) in pages { dt { kbd { "g" } " " kbd { (letter) } } dd { "go to " (name) } }
        }
    }
}
