//! A state over a store in memory, whose looks and actions are made one by one.

use super::act::Act;
use super::looks::Looks;
use super::shown::Shown;
use super::state::{Effect, State};
use super::theme::Theme;
use super::views;
use fang_asynk::{Admin, AsyncBackend, Handle, MemoryQueue};
use fang_core::NewTask;
use fang_core::store::Change;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use serde_json::json;
use uuid::Uuid;

pub(super) struct Rig {
    pub(super) admin: Admin,
    pub(super) state: State,
    handle: Handle,
    looks: Looks,
}

impl Rig {
    pub(super) fn new() -> Self {
        let queue = MemoryQueue::new();
        let (admin, handle) = (queue.admin().unwrap(), queue.handle().unwrap());
        let looks = Looks::new(admin.clone());
        Self { admin, state: State::new(Theme::plain()), handle, looks }
    }

    pub(super) async fn insert(&self, kind: &str, task_type: &str) -> Uuid {
        let task = NewTask::of_kind(kind, json!({ "user": 7 })).task_type(task_type);
        self.handle.insert(task).await.unwrap().id
    }

    /// A task that was cancelled, and so has failed.
    pub(super) async fn failed(&self, kind: &str) -> Uuid {
        let id = self.insert(kind, "mail").await;
        assert!(self.admin.cancel(id).await.unwrap());
        id
    }

    /// The change of a task as it is now.
    pub(super) async fn act(&self, id: Uuid, change: Change) -> Act {
        Act::Task(Shown::of(&self.admin.find(id).await.unwrap().unwrap()), change)
    }

    /// Looks at what is wanted.
    pub(super) async fn look(&mut self) {
        let wanted = self.state.wanted();
        let seen = self.looks.look(&wanted).await.unwrap();
        self.state.see(wanted.focus, seen);
    }

    /// Presses these keys, and returns what the last one asks for.
    pub(super) fn press(&mut self, keys: &str) -> Effect {
        keys.chars().fold(Effect::None, |_, key| self.key(KeyCode::Char(key)))
    }

    pub(super) fn key(&mut self, key: KeyCode) -> Effect {
        self.state.press(key.into())
    }

    /// Does it, and tells the outcome.
    pub(super) async fn perform(&mut self, act: &Act) {
        let outcome = act.perform(&self.admin).await;
        self.state.tell(outcome);
        self.look().await;
    }

    pub(super) fn buffer(&mut self, width: u16, height: u16) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| views::draw(frame, &mut self.state)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// The lines of the screen.
    pub(super) fn screen(&mut self, width: u16, height: u16) -> Vec<String> {
        let buffer = self.buffer(width, height);
        let cell = |x, y| buffer[(x, y)].symbol().to_owned();
        let line = |y| (0..width).map(|x| cell(x, y)).collect::<String>().trim_end().to_owned();
        (0..height).map(line).collect()
    }

    /// The line that tells.
    pub(super) fn told(&self) -> String {
        self.state.status(80).1.join(" ")
    }
}
