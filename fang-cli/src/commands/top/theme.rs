//! Colours, which the variable NO_COLOR turns off.

use ratatui::style::{Color, Modifier, Style};

/// What a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tone {
    #[default]
    Plain,
    Title,
    Faint,
    Good,
    Attention,
    Bad,
    Selected,
}

/// How tones look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Theme {
    is_coloured: bool,
}

impl Theme {
    /// With colours, unless NO_COLOR has a value.
    pub(super) fn of_environment() -> Self {
        Self { is_coloured: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) }
    }

    #[cfg(test)]
    pub(super) fn plain() -> Self {
        Self { is_coloured: false }
    }

    #[cfg(test)]
    pub(super) fn coloured() -> Self {
        Self { is_coloured: true }
    }

    /// Colours of the palette alone, so that they suit light and dark terminals.
    pub(super) fn style(self, tone: Tone) -> Style {
        let style = Style::new();
        let coloured = |color| if self.is_coloured { style.fg(color) } else { style };
        match tone {
            Tone::Plain => style,
            Tone::Title => style.add_modifier(Modifier::BOLD),
            Tone::Faint => style.add_modifier(Modifier::DIM),
            Tone::Good => coloured(Color::Green),
            Tone::Attention => coloured(Color::Yellow),
            Tone::Bad => coloured(Color::Red),
            Tone::Selected => style.add_modifier(Modifier::REVERSED),
        }
    }
}
