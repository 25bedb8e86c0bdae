//! The queues of a mode over any store and over memory, as applications see them.

/// Defines the queue of a mode that works over any store.
#[doc(hidden)]
#[macro_export]
macro_rules! handle {
    ($mode:ident $(#[$doc:meta])* pub struct $handle:ident over $(#[$new_doc:meta])* $store:ty;) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $handle($crate::handle::Handle);

        impl $handle {
            $(#[$new_doc])*
            pub fn new(store: std::sync::Arc<$store>) -> Self {
                Self::sharing(store, std::sync::Arc::new(shared_inserts()))
            }

            /// A queue that saves to `store`, and whose inserts share statements with these.
            pub(crate) fn sharing(
                store: std::sync::Arc<$store>,
                inserts: std::sync::Arc<$crate::shared_inserts::SharedInserts>,
            ) -> Self {
                Self($crate::handle::Handle::sharing(store, inserts))
            }

            /// The same queue with these rules for inserts.
            #[must_use]
            pub fn rules(self, rules: $crate::insert_rules::InsertRules) -> Self {
                Self(self.0.rules(rules))
            }

            /// Lets `change` see, change or refuse every task before it is inserted. See the same option of the queue
            /// in Postgres. Defaults to no change.
            #[must_use]
            pub fn before_insert(
                self,
                change: impl Fn($crate::core::NewTask) -> Result<$crate::core::NewTask, $crate::core::FangError>
                + Send + Sync + 'static,
            ) -> Self {
                Self(self.0.before_insert(change))
            }

            /// Calls `listener` when this queue or a clone of it has inserted a task, inserted one for a cron, or
            /// cancelled one that waited. See the same option of the queue in Postgres. Defaults to no listener.
            #[must_use]
            pub fn on_event(self, listener: impl Fn(&$crate::Event) + Send + Sync + 'static) -> Self {
                Self(self.0.on_event(listener))
            }

            /// The same queue with this code at every insert.
            #[allow(dead_code, reason = "without Postgres no queue has its own")]
            pub(crate) fn hooks(self, hooks: $crate::insert_hooks::InsertHooks) -> Self {
                Self(self.0.hooks(hooks))
            }

            /// The same queue, bound to one run.
            pub(crate) fn bound_to(&self, context: $crate::core::Context) -> Self {
                Self(self.0.bound_to(context))
            }

            #[expect(clippy::unnecessary_wraps, reason = "other queues may fail to connect")]
            pub(crate) fn verbs(&self) -> Result<$crate::handle::Handle, $crate::core::QueueError> {
                Ok(self.0.clone())
            }

            fn own_context(&self) -> &$crate::core::Context {
                self.0.context()
            }
        }

        $crate::queueable!($mode [] $handle);
    };
}

/// Defines the in-memory queue of a mode. It stands beside the `Handle` of that mode.
#[doc(hidden)]
#[macro_export]
macro_rules! memory_queue {
    ($mode:ident $(#[$doc:meta])* pub struct $queue:ident as $backend:ident over $store:ty;) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $queue {
            store: std::sync::Arc<$crate::core::memory::MemoryStore>,
            handle: Handle,
            context: $crate::core::Context,
        }

        impl $queue {
            /// Creates an empty queue. Its clock is that of this machine.
            pub fn new() -> Self {
                let store = std::sync::Arc::new($crate::core::memory::MemoryStore::new($crate::Utc::now));
                Self { handle: Handle::new(store.clone()), store, context: Default::default() }
            }

            /// Whether a task may be inserted while a task of the same kind and payload waits or runs. With `false`,
            /// such an insert changes nothing: every task of this queue is unique, unless it is unique in a way of its
            /// own. Defaults to `true`.
            pub fn duplicated_tasks(mut self, duplicated_tasks: bool) -> Self {
                let rules = $crate::insert_rules::InsertRules { duplicated_tasks, ..Default::default() };
                self.handle = self.handle.rules(rules);
                self
            }

            /// Lets `change` see, change or refuse every task before it is inserted. See the same option of the queue
            /// in Postgres. Defaults to no change.
            pub fn before_insert(
                mut self,
                change: impl Fn($crate::core::NewTask) -> Result<$crate::core::NewTask, $crate::core::FangError>
                + Send + Sync + 'static,
            ) -> Self {
                self.handle = self.handle.before_insert(change);
                self
            }

            /// Calls `listener` when this queue or a clone of it has inserted a task, inserted one for a cron, or
            /// cancelled one that waited. See the same option of the queue in Postgres. Defaults to no listener.
            pub fn on_event(mut self, listener: impl Fn(&$crate::Event) + Send + Sync + 'static) -> Self {
                self.handle = self.handle.on_event(listener);
                self
            }

            fn verbs(&self) -> Result<$crate::handle::Handle, $crate::core::QueueError> {
                self.handle.verbs()
            }

            fn own_context(&self) -> &$crate::core::Context {
                &self.context
            }
        }

        impl Default for $queue {
            fn default() -> Self {
                Self::new()
            }
        }

        #[diagnostic::do_not_recommend]
        impl $backend for $queue {
            fn engine(&self) -> Result<std::sync::Arc<$store>, $crate::core::QueueError> {
                Ok(self.store.clone())
            }

            fn handle(&self) -> Result<Handle, $crate::core::QueueError> {
                Ok(self.handle.clone())
            }
        }

        $crate::queueable!($mode [] $queue);
    };
}
