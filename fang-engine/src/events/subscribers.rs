//! The delivery of events to listeners, on a thread of its own, so that a slow listener delays no run.

use super::Event;
use crate::observed::observed;
use crate::policy::decide::panic_message;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread;

/// The most events that wait for a slow listener. Further ones are dropped, and counted.
const MAX_WAITING: usize = 16_384;

type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// The listeners of a queue or pool. Clones share the thread that calls them.
#[derive(Clone, Default)]
pub struct Subscribers {
    listeners: Vec<Listener>,
    delivery: Arc<OnceLock<Delivery>>,
}

/// The way to the thread that calls the listeners. It ends when this is dropped.
struct Delivery {
    /// `None` if the system could not start the thread.
    events: Option<SyncSender<Parcel>>,
    dropped: AtomicU64,
}

enum Parcel {
    Event(Event),
    /// Answers once all events before it are delivered.
    Flush(async_channel::Sender<()>),
}

impl Subscribers {
    /// Adds a listener.
    pub fn add(&mut self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        // The thread may already run with the other listeners.
        self.delivery = Arc::default();
        self.listeners.push(Arc::new(listener));
    }

    /// Whether there is no listener.
    pub fn is_empty(&self) -> bool {
        self.listeners.is_empty()
    }

    /// Sends an event to all listeners, if there are any. Never waits.
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        if self.is_empty() {
            return;
        }
        let delivery = self.delivery();
        let Some(events) = &delivery.events else {
            delivery.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let is_sent = events.try_send(Parcel::Event(event())).is_ok();
        if !is_sent && delivery.dropped.fetch_add(1, Ordering::Relaxed) == 0 {
            log::warn!(
                "the listeners of events are too slow: events are dropped, since runs do not wait for them"
            );
        }
    }

    /// How many events were dropped because the listeners were too slow.
    pub(crate) fn dropped(&self) -> u64 {
        self.delivery.get().map_or(0, |delivery| delivery.dropped.load(Ordering::Relaxed))
    }

    /// Waits until all events so far are delivered.
    pub(crate) async fn flush(&self) {
        let Some(events) = self.delivery.get().and_then(|delivery| delivery.events.as_ref()) else { return };
        let (tell, told) = async_channel::bounded(1);
        // While the channel is full, the listeners are too slow to be waited for.
        if events.try_send(Parcel::Flush(tell)).is_ok() {
            let _ = told.recv().await;
        }
    }

    fn delivery(&self) -> &Delivery {
        self.delivery.get_or_init(|| {
            let (events, waiting) = sync_channel(MAX_WAITING);
            let listeners = self.listeners.clone();
            let thread = thread::Builder::new().name("fang-events".to_owned());
            let started = thread.spawn(move || deliver(&listeners, &waiting));
            let events = started
                .inspect_err(|error| {
                    log::error!("no events are delivered: no thread can be started: {error}")
                })
                .is_ok()
                .then_some(events);
            Delivery { events, dropped: AtomicU64::new(0) }
        })
    }
}

fn deliver(listeners: &[Listener], waiting: &Receiver<Parcel>) {
    let has_panicked = AtomicBool::new(false);
    while let Ok(parcel) = waiting.recv() {
        match parcel {
            Parcel::Event(event) => listeners.iter().for_each(|listener| {
                let called = catch_unwind(AssertUnwindSafe(|| listener(&event)));
                let Err(panic) = called else { return };
                if !has_panicked.swap(true, Ordering::Relaxed) {
                    let (at, why) = (event.name(), panic_message(&*panic));
                    observed(|| {
                        log::error!(
                            "a listener panicked at the event {at}; it is called again, and further panics are not \
                             logged: {why}"
                        );
                    });
                }
                // Dropping it may panic again.
                std::mem::forget(panic);
            }),
            Parcel::Flush(tell) => drop(tell.try_send(())),
        }
    }
}

impl fmt::Debug for Subscribers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscribers").field("listeners", &self.listeners.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::sync::mpsc::channel;

    #[test]
    fn a_listener_that_panics_or_is_slow_delays_nobody_and_what_it_misses_is_counted() {
        let (go, gate) = channel::<()>();
        let (gate, (heard, hears)) = (std::sync::Mutex::new(gate), channel());
        let mut subscribers = Subscribers::default();
        subscribers.add(|_| panic!("a bad listener"));
        subscribers.add(move |event| {
            let _ = gate.lock().unwrap().recv();
            heard.send(event.name()).unwrap();
        });
        let many = MAX_WAITING + 100;
        (0..many).for_each(|_| subscribers.tell(|| Event::ConnectionLost));
        let dropped = usize::try_from(subscribers.dropped()).unwrap();
        assert!((99..=100).contains(&dropped), "{dropped}: at most one is with the listener");
        drop(go);
        let delivered = hears.iter().take(many - dropped).count();
        assert_eq!(delivered, many - dropped);
    }

    #[test]
    fn without_listeners_no_event_is_made_and_no_thread_is_started() {
        let subscribers = Subscribers::default();
        subscribers.tell(|| unreachable!());
        assert!(subscribers.delivery.get().is_none());
        assert!(subscribers.flush().now_or_never().is_some());
    }
}
