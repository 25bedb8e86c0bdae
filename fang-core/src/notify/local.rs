//! The listeners of this process.

use super::burst::Notice;
use super::outgoing::Notices;
use super::topic::Topic;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

type Listener = Arc<dyn Fn(Notice) + Send + Sync>;
type OfTypes = Arc<dyn Fn(Option<&str>, Notice) + Send + Sync>;

/// The listeners of this process, by topic. A store has one `Listeners::default()`, returns it from
/// [`Store::listeners`](crate::store::Store::listeners), and notifies it of its changes. Pools register their
/// listeners there. Clones share the listeners.
///
/// They also know whether the store answers, and tell it to the listeners of [`Topic::Reach`]. A call that failed
/// reports it with [`fell_silent`](Self::fell_silent), and any call that succeeds ends the silence with
/// [`answered`](Self::answered).
#[derive(Clone, Default)]
pub struct Listeners(Arc<Shared>);

#[derive(Default)]
struct Shared {
    registry: Mutex<Registry>,
    /// Whether a call failed and none has succeeded since.
    is_silent: AtomicBool,
}

#[derive(Default)]
struct Registry {
    next: u64,
    by_topic: HashMap<Topic<'static>, Vec<(u64, Listener)>>,
    /// The listeners of every task type.
    of_types: Vec<(u64, OfTypes)>,
}

impl Listeners {
    /// Adds a listener: it is called for each notification of this topic until the returned registration is
    /// dropped. It must not block.
    pub fn register(
        &self,
        topic: Topic<'_>,
        listener: impl Fn(Notice) + Send + Sync + 'static,
    ) -> Registration {
        let topic = topic.into_owned();
        let id = self.with(|registry| {
            registry.next += 1;
            let listeners = registry.by_topic.entry(topic.clone()).or_default();
            listeners.push((registry.next, Arc::new(listener)));
            registry.next
        });
        Registration { listeners: self.clone(), topic: Some(topic), id }
    }

    /// Adds a listener for the notifications of every task type, as of a pool with thousands of them: it is called with
    /// the name of the type, or without one after notifications of any type may have been lost. It must not block.
    pub fn register_for_types(
        &self,
        listener: impl Fn(Option<&str>, Notice) + Send + Sync + 'static,
    ) -> Registration {
        let id = self.with(|registry| {
            registry.next += 1;
            registry.of_types.push((registry.next, Arc::new(listener)));
            registry.next
        });
        Registration { listeners: self.clone(), topic: None, id }
    }

    /// Notifies the listeners of this topic.
    pub fn notify(&self, topic: &Topic<'_>, notice: Notice) {
        let listeners = self.with(|registry| registry.by_topic.get(topic).cloned());
        listeners.iter().flatten().for_each(|(_, listener)| listener(notice));
        if let Topic::TaskType(name) = topic {
            self.of_types().iter().for_each(|(_, listener)| listener(Some(name), notice));
        }
    }

    fn of_types(&self) -> Vec<(u64, OfTypes)> {
        self.with(|registry| registry.of_types.clone())
    }

    /// Notifies listeners of inserts of this process. `hears_others` tells whether this process gets the
    /// notifications of others. If not, every notice becomes [`Notice::Burst`], since inserts of other
    /// processes may follow without a notification. One that is [due later](Notice::Due) stays as it is.
    pub fn notify_all_of(&self, notices: &Notices<'_>, hears_others: bool) {
        for (topic, notice) in notices {
            let stays = hears_others || matches!(notice, Notice::Due(_));
            self.notify(topic, if stays { *notice } else { Notice::Burst });
        }
    }

    /// Notifies listeners of a [text](Topic::payload) that arrived on the channel of the database.
    pub fn receive(&self, payload: &str) {
        let (topic, notice) = Topic::read(payload);
        self.notify(&topic, notice);
    }

    /// Notifies all listeners of all topics. Call it after notifications may have been lost, such as after a
    /// broken connection.
    pub fn notify_everyone(&self) {
        let all: Vec<_> = self.with(|registry| registry.by_topic.values().flatten().cloned().collect());
        all.iter().for_each(|(_, listener)| listener(Notice::Burst));
        self.of_types().iter().for_each(|(_, listener)| listener(None, Notice::Burst));
    }

    /// Tells that a call of the store failed.
    pub fn fell_silent(&self) {
        self.0.is_silent.store(true, Ordering::SeqCst);
        self.notify(&Topic::Reach, Notice::Single);
    }

    /// Tells that a call of the store succeeded. Pools that wait after a failure then go on at once. A store
    /// should say so for the calls of the application; pools do it for their own heartbeats.
    pub fn answered(&self) {
        // Nearly always there was no failure, and a load is cheaper.
        if self.is_silent() && self.0.is_silent.swap(false, Ordering::SeqCst) {
            self.notify(&Topic::Reach, Notice::Single);
        }
    }

    /// Whether a call of the store failed and none has succeeded since.
    pub fn is_silent(&self) -> bool {
        self.0.is_silent.load(Ordering::SeqCst)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Registry) -> T) -> T {
        act(&mut self.0.registry.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listeners")
    }
}

/// The registration of a listener. Dropping it ends the registration.
#[derive(Debug)]
#[must_use = "dropping it ends the registration"]
pub struct Registration {
    listeners: Listeners,
    /// `None` for a listener of every task type.
    topic: Option<Topic<'static>>,
    id: u64,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.listeners.with(|registry| {
            let Some(topic) = &self.topic else {
                return registry.of_types.retain(|(id, _)| *id != self.id);
            };
            if let Some(listeners) = registry.by_topic.get_mut(topic) {
                listeners.retain(|(id, _)| *id != self.id);
                if listeners.is_empty() {
                    registry.by_topic.remove(topic);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    #[test]
    fn the_end_of_a_silence_is_told_once() {
        let listeners = Listeners::default();
        let told = Arc::<Mutex<Vec<bool>>>::default();
        let (of_listener, tells) = (listeners.clone(), told.clone());
        let _registration = listeners.register(Topic::Reach, move |_| {
            tells.lock().unwrap().push(of_listener.is_silent());
        });
        listeners.answered();
        listeners.fell_silent();
        listeners.answered();
        listeners.answered();
        assert_eq!(*told.lock().unwrap(), [true, false]);
    }

    #[test]
    fn a_listener_of_every_task_type_hears_the_name_of_each_and_of_lost_notifications() {
        let (listeners, heard) = (Listeners::default(), Arc::<Mutex<Vec<Option<String>>>>::default());
        let hears = heard.clone();
        let registration = listeners.register_for_types(move |name, _| {
            hears.lock().unwrap().push(name.map(str::to_owned));
        });
        listeners.receive("mail");
        listeners.notify(&Topic::Crons, Notice::Single);
        listeners.notify_everyone();
        drop(registration);
        listeners.receive("mail");
        assert_eq!(*heard.lock().unwrap(), [Some("mail".to_owned()), None]);
    }

    #[test]
    fn only_listeners_of_the_topic_are_notified_and_only_while_registered() {
        let listeners = Listeners::default();
        let count = Arc::new(AtomicU32::new(0));
        let counter = count.clone();
        let registration = listeners.register(Topic::task_type("crons"), move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        listeners.receive("crons");
        listeners.notify(&Topic::task_type("feeds"), Notice::Single);
        listeners.notify(&Topic::Crons, Notice::Single);
        listeners.notify_everyone();
        assert_eq!(count.load(Ordering::Relaxed), 2);
        drop(registration);
        listeners.receive("crons");
        assert_eq!(count.load(Ordering::Relaxed), 2);
        assert!(listeners.with(|registry| registry.by_topic.is_empty()));
    }
}
