use super::super::looks::Seen;

/// The tabs, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    Overview,
    Types,
    Running,
    Failed,
    Workers,
    Crons,
}

impl Tab {
    pub(crate) const ALL: [Self; 6] =
        [Self::Overview, Self::Types, Self::Running, Self::Failed, Self::Workers, Self::Crons];

    /// Its title.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Types => "Types",
            Self::Running => "Running",
            Self::Failed => "Failed",
            Self::Workers => "Workers",
            Self::Crons => "Crons",
        }
    }

    /// Its own keys.
    pub(crate) fn keys(self) -> &'static str {
        match self {
            Self::Overview | Self::Types => "p pause or resume",
            Self::Running => "Enter look  c cancel",
            Self::Failed => "Enter look  r retry  d remove",
            Self::Workers => "z quiet or resume  s stop",
            Self::Crons => "p pause or resume  n run now",
        }
    }

    /// The one that shows this.
    pub(super) fn of(seen: &Seen) -> Option<Self> {
        match seen {
            Seen::Overview(_) => Some(Self::Overview),
            Seen::Types(..) => Some(Self::Types),
            Seen::Running { .. } => Some(Self::Running),
            Seen::Failed { .. } => Some(Self::Failed),
            Seen::Workers(_) => Some(Self::Workers),
            Seen::Crons { .. } => Some(Self::Crons),
            Seen::Task(_) => None,
        }
    }

    /// The one so many places further, around the end.
    pub(super) fn next(self, by: usize) -> Self {
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }
}
