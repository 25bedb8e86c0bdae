//! Keys, and changes of the size of the terminal.

use ratatui::crossterm::event::{self, Event};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How often the thread looks whether the dashboard is gone.
const LOOKS: Duration = Duration::from_millis(500);

/// Listens until what it returns is dropped. The end of it says that no more keys come.
pub(super) fn listen() -> Receiver<Event> {
    let (sender, receiver) = channel(64);
    std::thread::spawn(move || read(&sender));
    receiver
}

/// Errors end it: the terminal is gone.
fn read(events: &Sender<Event>) {
    while !events.is_closed() {
        let is_sent = match event::poll(LOOKS) {
            Ok(false) => continue,
            Ok(true) => event::read().is_ok_and(|event| events.blocking_send(event).is_ok()),
            Err(_) => false,
        };
        if !is_sent {
            return;
        }
    }
}
