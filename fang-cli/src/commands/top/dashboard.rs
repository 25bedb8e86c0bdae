//! The loop of the dashboard: keys and looks come in, and the screen is drawn.

use super::act::Act;
use super::canvas::Canvas;
use super::looker::{self, Report};
use super::looks::Looks;
use super::state::{Effect, State};
use super::theme::Theme;
use super::{actor, keyboard, leaving};
use crate::answer::Answer;
use crate::failure::Failure;
use crate::interrupt::interrupt;
use fang_asynk::Admin;
use ratatui::crossterm::event::Event;
use std::collections::VecDeque;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How often the screen is drawn while nothing comes in: it says how long a look has taken.
const DRAWS: Duration = Duration::from_secs(1);
/// How long it is waited for changes that were confirmed, once the dashboard is left.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many reports and orders wait.
const ROOM: usize = 16;

/// Shows the dashboard until a key or a signal ends it.
pub(super) async fn run(admin: &Admin, interval: Duration) -> Result<Answer, Failure> {
    let state = State::new(Theme::of_environment());
    let (wants, wanted) = watch::channel(state.wanted());
    let (reporter, reports) = mpsc::channel(ROOM);
    let (orders, ordered) = mpsc::channel(ROOM);
    let mut work = JoinSet::new();
    work.spawn(looker::run(Looks::new(admin.clone()), interval, wanted, reporter.clone()));
    work.spawn(actor::run(admin.clone(), ordered, reporter));
    let waiting = VecDeque::new();
    let mut dashboard = Dashboard { state, wants, orders, waiting, reports, work, looking_since: None };
    dashboard.show().await?;
    dashboard.leave().await
}

struct Dashboard {
    state: State,
    wants: watch::Sender<looker::Wanted>,
    orders: Sender<Act>,
    /// Those whose outcome was not told yet, the oldest first.
    waiting: VecDeque<Act>,
    reports: Receiver<Report>,
    work: JoinSet<()>,
    /// Since when the look lasts.
    looking_since: Option<Instant>,
}

impl Dashboard {
    /// Shows it until it is left, and leaves the screen.
    async fn show(&mut self) -> Result<(), Failure> {
        let mut ends = pin!(ended());
        // The screen is entered once a signal would be noticed, so that it is always left again.
        tokio::select! {
            biased;
            () = &mut ends => return Ok(()),
            () = std::future::ready(()) => {}
        }
        let mut canvas = Canvas::open()?;
        let mut keys = keyboard::listen();
        let mut draws = tokio::time::interval(DRAWS);
        loop {
            // A terminal that is gone ends it.
            if canvas.draw(&mut self.state).is_err() {
                return Ok(());
            }
            let effect = tokio::select! {
                biased;
                () = &mut ends => Effect::Leave,
                event = keys.recv() => self.input(event.as_ref()),
                Some(report) = self.reports.recv() => self.hear(report)?,
                // Neither of them ends by itself.
                Some(_) = self.work.join_next() => return Err(Failure::new("the dashboard has broken; add --plain")),
                () = canvas.asked_to_stop() => Effect::Stop,
                _ = draws.tick() => Effect::None,
            };
            match effect {
                Effect::None => {}
                Effect::Leave => return Ok(()),
                Effect::Stop if canvas.stop().is_err() => return Ok(()),
                Effect::Stop => {}
                Effect::Do(act) => self.order(act),
            }
            self.state.wait(self.looking_since.map(|since| since.elapsed()).unwrap_or_default());
            let wanted = self.state.wanted();
            self.wants.send_if_modified(|before| std::mem::replace(before, wanted.clone()) != wanted);
        }
    }

    /// Tells what came of the changes that were confirmed. A signal, or Ctrl-C, ends the wait for them.
    async fn leave(self) -> Result<Answer, Failure> {
        if let Some(act) = self.waiting.front() {
            leaving::say(&format!("waiting for the database: {}", act.what()));
        }
        let given_up = async {
            tokio::select! {
                () = tokio::time::sleep(PATIENCE) => {}
                () = ended() => {}
            }
        };
        // No look begins any more. What changes the tasks works on until it is given up.
        drop((self.wants, self.orders));
        let _work = self.work;
        leaving::told(self.waiting, self.reports, given_up).await
    }

    /// The queue is full if the database does not answer.
    fn order(&mut self, act: Act) {
        match self.orders.try_send(act.clone()) {
            Ok(()) => self.waiting.push_back(act),
            Err(_) => {
                let text = "too many changes wait for the database; this one is not made";
                self.state.tell(Err(Failure::new(text)));
            }
        }
    }

    fn input(&mut self, event: Option<&Event>) -> Effect {
        match event {
            Some(Event::Key(key)) => self.state.press(*key),
            Some(Event::Paste(text)) => {
                self.state.paste(text);
                Effect::None
            }
            Some(_) => Effect::None,
            None => Effect::Leave,
        }
    }

    /// A failure before anything was seen is that of the command.
    fn hear(&mut self, report: Report) -> Result<Effect, Failure> {
        match report {
            Report::Looking => self.looking_since = Some(Instant::now()),
            Report::Saw(focus, seen) => {
                self.looking_since = None;
                match *seen {
                    Err(failure) if !self.state.has_seen() => return Err(failure),
                    Err(failure) => self.state.lose(&failure),
                    Ok(seen) => self.state.see(focus, seen),
                }
            }
            Report::Did(outcome) => {
                self.waiting.pop_front();
                self.state.tell(outcome);
            }
        }
        Ok(Effect::None)
    }
}

/// Waits for a signal that ends the process. Without a terminal, there is nothing to restore, and nobody who looks.
async fn ended() {
    #[cfg(unix)]
    if let Ok(mut hangup) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()) {
        tokio::select! {
            () = interrupt() => {}
            _ = hangup.recv() => {}
        }
        return;
    }
    interrupt().await;
}
