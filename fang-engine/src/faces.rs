//! The queues and pools of both modes, as applications see them, written once. Where a mode is `[async]`, calls are
//! `async`; where it is `[]`, they block.

mod pool;

/// A number of removed tasks, as the async queues return it.
#[doc(hidden)]
pub fn u64(removed: u64) -> u64 {
    removed
}

/// A number of removed tasks, as the blocking queues return it, since fang 0.5.
#[doc(hidden)]
pub fn usize(removed: u64) -> usize {
    usize::try_from(removed).unwrap_or(usize::MAX)
}

/// Gets the value of a future: by `.await` in async mode, by blocking in the other.
#[doc(hidden)]
#[macro_export]
#[expect(clippy::crate_in_macro_def, reason = "each runtime crate that blocks has a `block_on` of its own")]
macro_rules! wait {
    ([async] $future:expr) => {
        $future.await
    };
    ([] $future:expr) => {
        crate::runtime::block_on($future)
    };
}

/// Implements the public queue trait of a mode for a queue that has
/// `fn verbs(&self) -> Result<fang_engine::handle::Handle, QueueError>` and `fn own_context(&self) -> &Context`.
#[doc(hidden)]
#[macro_export]
macro_rules! queueable {
    (asynk [$($generics:tt)*] $queue:ty) => {
        $crate::queueable! {
            #[$crate::core::async_trait]
            AsyncQueueable for [$($generics)*] $queue, AsyncRunnable, asynk, remove_tasks_type, u64, [async]
        }
    };
    (blocking [$($generics:tt)*] $queue:ty) => {
        $crate::queueable! {
            Queueable for [$($generics)*] $queue, Runnable, blocking, remove_tasks_of_type, usize, []
        }
    };
    (
        $(#[$attribute:meta])*
        $trait:ident for [$($generics:tt)*] $queue:ty,
        $runnable:ident, $new_task:ident, $remove_tasks_type:ident, $count:ident, [$($asyncness:tt)?]
    ) => {
        $(#[$attribute])*
        impl<$($generics)*> $crate::core::$trait for $queue {
            $($asyncness)? fn insert(
                &self,
                task: $crate::core::NewTask,
            ) -> Result<$crate::core::Task, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.insert(task))
            }

            $($asyncness)? fn insert_tasks(
                &self,
                tasks: Vec<$crate::core::NewTask>,
            ) -> Result<Vec<$crate::core::store::Inserted>, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.insert_tasks(tasks))
            }

            $($asyncness)? fn schedule(
                &self,
                task: $crate::core::NewTask,
            ) -> Result<$crate::core::Task, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.schedule(task))
            }

            $($asyncness)? fn remove_all_tasks(&self) -> Result<$count, $crate::core::QueueError> {
                let removal = $crate::core::store::Removal::All;
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().remove(&removal)).map($crate::faces::$count)
            }

            $($asyncness)? fn remove_all_scheduled_tasks(&self) -> Result<$count, $crate::core::QueueError> {
                let removal = $crate::core::store::Removal::Scheduled;
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().remove(&removal)).map($crate::faces::$count)
            }

            $($asyncness)? fn remove_task(&self, id: $crate::Uuid) -> Result<$count, $crate::core::QueueError> {
                let removal = $crate::core::store::Removal::Id(id);
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().remove(&removal)).map($crate::faces::$count)
            }

            $($asyncness)? fn remove_task_by_metadata(
                &self,
                task: &dyn $crate::core::$runnable,
            ) -> Result<$count, $crate::core::QueueError> {
                let task = $crate::core::NewTask::$new_task(task)?;
                $crate::wait!([$($asyncness)?] self.verbs()?.remove_like(task)).map($crate::faces::$count)
            }

            $($asyncness)? fn $remove_tasks_type(
                &self,
                task_type: &str,
            ) -> Result<$count, $crate::core::QueueError> {
                let removal = $crate::core::store::Removal::TaskType(task_type.to_owned());
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().remove(&removal)).map($crate::faces::$count)
            }

            $($asyncness)? fn find_task_by_id(
                &self,
                id: $crate::Uuid,
            ) -> Result<Option<$crate::core::Task>, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().find(id))
            }

            $($asyncness)? fn cancel_task(&self, id: $crate::Uuid) -> Result<bool, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().cancel(id))
            }

            $($asyncness)? fn retry_task(&self, id: $crate::Uuid) -> Result<bool, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().retry(id))
            }

            $($asyncness)? fn retry_failed(
                &self,
                which: &$crate::core::store::FailedTasks,
            ) -> Result<u64, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().retry_failed(which))
            }

            $($asyncness)? fn reschedule_task(
                &self,
                id: $crate::Uuid,
                due: $crate::core::new_task::Due,
            ) -> Result<bool, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().reschedule(id, due))
            }

            $($asyncness)? fn set_priority(
                &self,
                id: $crate::Uuid,
                priority: $crate::core::Priority,
            ) -> Result<bool, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().set_priority(id, priority))
            }

            $($asyncness)? fn pause(&self, task_type: &str) -> Result<bool, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().pause(task_type))
            }

            $($asyncness)? fn resume(&self, task_type: &str) -> Result<bool, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().resume(task_type))
            }

            $($asyncness)? fn list_tasks(
                &self,
                filter: &$crate::core::store::Filter,
            ) -> Result<Vec<$crate::core::Task>, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().list(filter))
            }

            $($asyncness)? fn count_tasks(
                &self,
            ) -> Result<Vec<$crate::core::store::Count>, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().count())
            }

            $($asyncness)? fn depth(
                &self,
                task_type: &str,
            ) -> Result<$crate::core::store::Depth, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().depth(task_type))
            }

            $($asyncness)? fn depths(
                &self,
            ) -> Result<Vec<$crate::core::store::Depth>, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.admin().depths())
            }

            fn context(&self) -> &$crate::core::Context {
                self.own_context()
            }

            fn as_run(&self) -> $crate::core::Run {
                $crate::core::Run::$new_task(self.clone())
            }
        }
    };
}

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
                Self($crate::handle::Handle::new(store))
            }

            /// The same queue with these rules for inserts.
            #[must_use]
            pub fn rules(self, rules: $crate::insert_rules::InsertRules) -> Self {
                Self(self.0.rules(rules))
            }

            /// Lets `change` see, change or refuse every task before it is inserted. See the same option of the queue in
            /// Postgres. Defaults to no change.
            #[must_use]
            pub fn before_insert(
                self,
                change: impl Fn($crate::core::NewTask) -> Result<$crate::core::NewTask, $crate::core::FangError>
                + Send + Sync + 'static,
            ) -> Self {
                Self(self.0.before_insert(change))
            }

            /// Calls `listener` at every [`Event::Inserted`]($crate::Event::Inserted) of this queue and its clones.
            /// Defaults to no listener.
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

            /// Lets `change` see, change or refuse every task before it is inserted. See the same option of the queue in
            /// Postgres. Defaults to no change.
            pub fn before_insert(
                mut self,
                change: impl Fn($crate::core::NewTask) -> Result<$crate::core::NewTask, $crate::core::FangError>
                + Send + Sync + 'static,
            ) -> Self {
                self.handle = self.handle.before_insert(change);
                self
            }

            /// Calls `listener` at every [`Event::Inserted`]($crate::Event::Inserted) of this queue and its clones.
            /// Defaults to no listener.
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

/// Defines the Postgres queue of a mode, with its builder and the docs of the options.
#[doc(hidden)]
#[macro_export]
macro_rules! postgres_queue {
    (
        $mode:ident
        $(#[$doc:meta])*
        pub struct $queue:ident $(<$tls:ident: $bound:ident = $default:ty>)?
        as $backend:ident over $store:ty as $dyn_store:ty {
            $($(#[$attribute:meta])* $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, typed_builder::TypedBuilder)]
        #[builder(doc, mutators(
            /// Lets `change` see, change or refuse every task before it is inserted, also in a transaction of yours and
            /// as a cron. May be called several times: the first one sees the task first. Defaults to no change.
            ///
            /// It can set options, [replace](fang_core::NewTask::with_payload) the payload or
            /// [add a field](fang_core::NewTask::field) to it, such as the tenant. With an error, the insert fails with
            /// [`QueueError::Refused`]($crate::core::QueueError::Refused), and so do those of all tasks that are
            /// inserted by the same call.
            pub fn before_insert(
                &mut self,
                change: impl Fn($crate::core::NewTask) -> Result<$crate::core::NewTask, $crate::core::FangError>
                + Send + Sync + 'static,
            ) {
                self.hooks.before_insert(change);
            }

            /// Calls `listener` at every [`Event::Inserted`]($crate::Event::Inserted) of this queue and its clones, on a
            /// thread of its own, so that a slow one delays no insert. May be called several times. Defaults to no
            /// listener.
            pub fn on_event(&mut self, listener: impl Fn(&$crate::Event) + Send + Sync + 'static) {
                self.hooks.on_event(listener);
            }
        ))]
        pub struct $queue $(<$tls = $default>)? {
            $($(#[$attribute])* $field: $type,)*
            /// Whether a task may be inserted while a task of the same kind and payload waits or runs. With `false`,
            /// such an insert changes nothing: every task of this queue is unique, unless it is unique in a way of its
            /// own. Defaults to `true`.
            #[builder(default = true, setter(into))]
            duplicated_tasks: bool,
            /// The name of the Postgres schema that contains the tables: 1 to 63 bytes. Defaults to none: the search
            /// path of the connection decides.
            #[builder(default, setter(into, strip_option))]
            schema: Option<String>,
            /// The largest payload that may be inserted, in bytes of JSON. A larger one fails with
            /// [`PayloadError::TooLarge`]($crate::core::PayloadError::TooLarge). Defaults to 1 MiB.
            #[builder(default = $crate::core::new_task::DEFAULT_MAX_PAYLOAD_BYTES)]
            max_payload_bytes: usize,
            /// Whether the pools of this queue listen for notifications of other processes. With `false` they find
            /// tasks that other processes insert by polling alone, up to
            /// [`max_sleep_period`]($crate::core::SleepParams) late. Defaults to `true`.
            #[builder(default = true)]
            listen: bool,
            /// Whether inserts notify the pools of other processes, so that these find the task at once. With `false`
            /// the other pools find it by polling alone. Defaults to `true`.
            ///
            /// A queue sends at most about ten notifications a second for each task type. Inserts within a transaction
            /// of yours are not limited: each sends one. The server commits transactions that notify one after the
            /// other, so turn this off if many such transactions commit at the same time.
            #[builder(default = true)]
            notify: bool,
            /// Whether the connections go through [PgBouncer](https://www.pgbouncer.org) in transaction mode, or a
            /// similar pooler. The queue then prepares no statements and keeps no settings on a connection. Its pools
            /// find the tasks of other processes by polling alone, and `listen` has no effect. Defaults to `false`.
            #[builder(default = false)]
            pgbouncer: bool,
            #[builder(via_mutators)]
            hooks: $crate::insert_hooks::InsertHooks,
            #[builder(default, setter(skip))]
            store: std::sync::Arc<std::sync::OnceLock<std::sync::Arc<$store>>>,
            #[builder(default, setter(skip))]
            context: $crate::core::Context,
        }

        impl $(<$tls>)? $queue $(<$tls>)? {
            /// The rules that it applies to a task before it saves it.
            fn rules(&self) -> $crate::insert_rules::InsertRules {
                let Self { duplicated_tasks, max_payload_bytes, .. } = *self;
                $crate::insert_rules::InsertRules { duplicated_tasks, max_payload_bytes }
            }

            fn own_context(&self) -> &$crate::core::Context {
                &self.context
            }
        }

        impl $(<$tls: $bound>)? $queue $(<$tls>)? {
            fn verbs(&self) -> Result<$crate::handle::Handle, $crate::core::QueueError> {
                $backend::handle(self)?.verbs()
            }
        }

        impl $(<$tls: $bound>)? $backend for $queue $(<$tls>)? {
            fn engine(&self) -> Result<std::sync::Arc<$dyn_store>, $crate::core::QueueError> {
                Ok(std::sync::Arc::new(self.store()?.of_a_pool()?))
            }

            fn handle(&self) -> Result<Handle, $crate::core::QueueError> {
                Ok(Handle::new(self.store()?).rules(self.rules()).hooks(self.hooks.clone()))
            }
        }

        $crate::queueable!($mode [$($tls: $bound)?] $queue $(<$tls>)?);

        impl $(<$tls>)? std::fmt::Debug for $queue $(<$tls>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($queue))
                    .field("uri", &self.uri)
                    .field("max_pool_size", &self.max_pool_size)
                    .field("duplicated_tasks", &self.duplicated_tasks)
                    .field("schema", &self.schema)
                    .finish_non_exhaustive()
            }
        }
    };
}
