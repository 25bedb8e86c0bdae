use super::super::text;
use super::super::theme::Tone;
use super::{Effect, Inspected, Mode, State, Subject, Tab};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

impl State {
    /// Takes a key.
    pub(crate) fn press(&mut self, key: KeyEvent) -> Effect {
        if key.kind == KeyEventKind::Release {
            return Effect::None;
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c') => Effect::Leave,
                KeyCode::Char('z') => Effect::Stop,
                _ => Effect::None,
            };
        }
        match std::mem::replace(&mut self.mode, Mode::Browse) {
            Mode::Browse => self.browse(key.code),
            // Any key closes it.
            Mode::Help => Effect::None,
            Mode::Ask(act) if matches!(key.code, KeyCode::Char('y' | 'Y')) => {
                let text = format!("{}: asked; waiting for the database", act.what());
                self.told = Some((Tone::Attention, text));
                Effect::Do(act)
            }
            Mode::Ask(_) => {
                self.told = Some((Tone::Faint, "not confirmed; nothing was changed".to_owned()));
                Effect::None
            }
            Mode::Filter(text) => self.write(text, key.code),
        }
    }

    /// Takes a text that was pasted, which may have the letters of keys: it is for a filter, or nothing.
    pub(crate) fn paste(&mut self, pasted: &str) {
        if let Mode::Filter(text) = &mut self.mode {
            text.push_str(&text::line(pasted));
        }
    }

    fn browse(&mut self, key: KeyCode) -> Effect {
        self.told = None;
        match key {
            KeyCode::Char('q') => return Effect::Leave,
            KeyCode::Esc => return self.back(),
            KeyCode::Char('?' | 'h') | KeyCode::F(1) => self.mode = Mode::Help,
            KeyCode::Char('R') | KeyCode::F(5) => self.asked += 1,
            KeyCode::Char(digit @ '1'..='6') => self.open(Tab::ALL[digit as usize - '1' as usize]),
            KeyCode::Tab | KeyCode::Right => self.open(self.tab.next(1)),
            KeyCode::BackTab | KeyCode::Left => self.open(self.tab.next(Tab::ALL.len() - 1)),
            KeyCode::Up | KeyCode::Char('k') => self.go(-1),
            KeyCode::Down | KeyCode::Char('j') => self.go(1),
            KeyCode::PageUp => self.go(-self.page()),
            KeyCode::PageDown | KeyCode::Char(' ') => self.go(self.page()),
            KeyCode::Home | KeyCode::Char('g') => self.go(isize::MIN),
            KeyCode::End | KeyCode::Char('G') => self.go(isize::MAX),
            KeyCode::Char('/') if self.task.is_none() => {
                self.mode = Mode::Filter(self.list().filter.clone());
            }
            KeyCode::Char('f') if self.task.is_some() => self.fold(),
            KeyCode::Backspace => self.task = None,
            KeyCode::Enter => self.look_into(),
            KeyCode::Char(key) => self.ask(key),
            _ => {}
        }
        Effect::None
    }

    /// Leaves the task, then the filter, then the dashboard.
    fn back(&mut self) -> Effect {
        if self.task.take().is_some() {
            return Effect::None;
        }
        if self.list().filter.is_empty() {
            return Effect::Leave;
        }
        self.filter(String::new());
        Effect::None
    }

    fn open(&mut self, tab: Tab) {
        self.task = None;
        self.tab = tab;
    }

    fn go(&mut self, by: isize) {
        let (rows, height) = (self.rows(), self.body());
        match &mut self.task {
            Some(task) => task.go(by, height),
            None => self.list_mut().go(&rows, by),
        }
    }

    fn page(&self) -> isize {
        isize::try_from(self.body().saturating_sub(1).max(1)).unwrap_or(1)
    }

    fn fold(&mut self) {
        let width = self.size.0.into();
        if let Some(task) = &mut self.task {
            task.fold(width);
            task.top = 0;
        }
    }

    /// What the keys act on: the task that is looked into, or the selected row.
    fn subject(&self) -> Option<Subject> {
        if let Some(task) = &self.task {
            return task.subject();
        }
        let rows = self.rows();
        let row = rows.get(self.selected(&rows)?)?;
        Some(row.subject.clone())
    }

    fn look_into(&mut self) {
        if let (None, Some(Subject::Task(task))) = (&self.task, self.subject()) {
            self.task = Some(Inspected::new(task.id));
        }
    }

    fn ask(&mut self, key: char) {
        match self.subject().and_then(|subject| subject.act(key)) {
            Some(Ok(act)) => self.mode = Mode::Ask(act),
            Some(Err(reason)) => self.told = Some((Tone::Bad, reason.to_owned())),
            None => {}
        }
    }

    /// Shows only the rows with this text. Until the database has filtered failed tasks anew, none of them is shown: a
    /// key would act on one that does not match.
    fn filter(&mut self, text: String) {
        let (tab, list) = (self.tab, self.list_mut());
        if std::mem::replace(&mut list.filter, text) == list.filter {
            return;
        }
        match tab {
            Tab::Failed => list.seen = None,
            _ => self.pin(tab),
        }
    }

    /// Takes a key of the text to filter by.
    fn write(&mut self, mut text: String, key: KeyCode) -> Effect {
        match key {
            KeyCode::Enter => {
                self.filter(text.trim().to_owned());
                return Effect::None;
            }
            KeyCode::Esc => return Effect::None,
            KeyCode::Backspace => drop(text.pop()),
            KeyCode::Char(c) => text.push(c),
            _ => {}
        }
        self.mode = Mode::Filter(text);
        Effect::None
    }
}
