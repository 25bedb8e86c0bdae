//! Who looks, and what that one may do.

/// What a viewer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Nothing: no page is shown.
    None,
    /// See all pages, and change nothing.
    ReadOnly,
    /// See all pages, and take all actions.
    Full,
}

/// Who looks: what the check of an application returns. An [`Access`] alone is a viewer without a name.
///
/// ```
/// use fang_web::{Access, Viewer};
/// let ada = Viewer::named("ada@example.com", Access::Full);
/// let guest = Viewer::from(Access::ReadOnly);
/// assert_eq!((ada.access, guest.name), (Access::Full, "?".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The name, for the log of actions.
    pub name: String,
    /// What the viewer may do.
    pub access: Access,
}

impl Viewer {
    /// A viewer with a name for the log of actions.
    pub fn named(name: impl Into<String>, access: Access) -> Self {
        Self { name: name.into(), access }
    }
}

impl From<Access> for Viewer {
    fn from(access: Access) -> Self {
        Self::named("?", access)
    }
}
