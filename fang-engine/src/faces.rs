//! What the queues and pools of both modes show to applications, written once. The macros differ in how a call waits.

/// Implements the public queue trait of a mode for a queue that has
/// `fn verbs(&self) -> Result<fang_engine::handle::Handle, QueueError>` and `fn own_context(&self) -> &Context`.
///
/// `$wait` is a macro that gets the value of a future; `$asyncness` is `async` or nothing.
#[doc(hidden)]
#[macro_export]
macro_rules! queueable {
    (
        $(#[$attribute:meta])*
        $trait:ident for [$($generics:tt)*] $queue:ty,
        $runnable:ident, $new_task:ident, $remove_tasks_type:ident, $wait:ident, [$($asyncness:tt)?]
    ) => {
        $(#[$attribute])*
        impl<$($generics)*> $crate::core::$trait for $queue {
            $($asyncness)? fn insert(
                &self,
                task: $crate::core::NewTask,
            ) -> Result<$crate::core::Task, $crate::core::QueueError> {
                $wait!(self.verbs()?.insert(task))
            }

            $($asyncness)? fn insert_tasks(
                &self,
                tasks: Vec<$crate::core::NewTask>,
            ) -> Result<Vec<$crate::core::store::Inserted>, $crate::core::QueueError> {
                $wait!(self.verbs()?.insert_tasks(tasks))
            }

            $($asyncness)? fn schedule_task(
                &self,
                task: &dyn $crate::core::$runnable,
            ) -> Result<$crate::core::Task, $crate::core::QueueError> {
                $wait!(self.verbs()?.schedule($crate::core::NewTask::$new_task(task)?, task.cron()))
            }

            $($asyncness)? fn remove_all_tasks(&self) -> Result<u64, $crate::core::QueueError> {
                $wait!(self.verbs()?.admin().remove(&$crate::core::store::Removal::All))
            }

            $($asyncness)? fn remove_all_scheduled_tasks(&self) -> Result<u64, $crate::core::QueueError> {
                $wait!(self.verbs()?.admin().remove(&$crate::core::store::Removal::Scheduled))
            }

            $($asyncness)? fn remove_task(&self, id: $crate::Uuid) -> Result<u64, $crate::core::QueueError> {
                $wait!(self.verbs()?.admin().remove(&$crate::core::store::Removal::Id(id)))
            }

            $($asyncness)? fn remove_task_by_metadata(
                &self,
                task: &dyn $crate::core::$runnable,
            ) -> Result<u64, $crate::core::QueueError> {
                $wait!(self.verbs()?.remove_like($crate::core::NewTask::$new_task(task)?))
            }

            $($asyncness)? fn $remove_tasks_type(
                &self,
                task_type: &str,
            ) -> Result<u64, $crate::core::QueueError> {
                let removal = $crate::core::store::Removal::TaskType(task_type.to_owned());
                $wait!(self.verbs()?.admin().remove(&removal))
            }

            $($asyncness)? fn find_task_by_id(
                &self,
                id: $crate::Uuid,
            ) -> Result<Option<$crate::core::Task>, $crate::core::QueueError> {
                $wait!(self.verbs()?.admin().find(id))
            }

            $($asyncness)? fn cancel_task(&self, id: $crate::Uuid) -> Result<bool, $crate::core::QueueError> {
                $wait!(self.verbs()?.admin().cancel(id))
            }

            $($asyncness)? fn retry_task(&self, id: $crate::Uuid) -> Result<bool, $crate::core::QueueError> {
                $wait!(self.verbs()?.admin().retry(id))
            }

            $($asyncness)? fn retry_failed(
                &self,
                which: &$crate::core::store::FailedTasks,
            ) -> Result<u64, $crate::core::QueueError> {
                $wait!(self.verbs()?.admin().retry_failed(which))
            }

            $($asyncness)? fn reschedule_task(
                &self,
                id: $crate::Uuid,
                due: $crate::core::new_task::Due,
            ) -> Result<bool, $crate::core::QueueError> {
                $wait!(self.verbs()?.admin().reschedule(id, due))
            }

            $($asyncness)? fn set_priority(
                &self,
                id: $crate::Uuid,
                priority: $crate::core::Priority,
            ) -> Result<bool, $crate::core::QueueError> {
                $wait!(self.verbs()?.admin().set_priority(id, priority))
            }

            $($asyncness)? fn pause(&self, task_type: &str) -> Result<bool, $crate::core::QueueError> {
                $wait!(self.verbs()?.admin().pause(task_type))
            }

            $($asyncness)? fn resume(&self, task_type: &str) -> Result<bool, $crate::core::QueueError> {
                $wait!(self.verbs()?.admin().resume(task_type))
            }

            $($asyncness)? fn list_tasks(
                &self,
                filter: &$crate::core::store::Filter,
            ) -> Result<Vec<$crate::core::Task>, $crate::core::QueueError> {
                $wait!(self.verbs()?.admin().list(filter))
            }

            $($asyncness)? fn count_tasks(
                &self,
            ) -> Result<Vec<$crate::core::store::Count>, $crate::core::QueueError> {
                $wait!(self.verbs()?.admin().count())
            }

            fn context(&self) -> &$crate::core::Context {
                self.own_context()
            }
        }
    };
}

/// Defines the worker pool of a mode: its builder, its configuration and its `Debug`.
#[doc(hidden)]
#[macro_export]
macro_rules! worker_pool {
    (
        $(#[$doc:meta])*
        pub struct $pool:ident<Q> {
            $($(#[$extra_attribute:meta])* $extra:ident: $extra_type:ty,)*
        }
        lock-claims have no effect $(#[doc = $no_effect:literal])+
    ) => {
        $(#[$doc])*
        #[derive(typed_builder::TypedBuilder)]
        #[builder(doc, mutators(
            /// Gives every run access to `value` through `queue.context().state::<T>()`; one value of each type.
            pub fn state<T: Send + Sync + 'static>(&mut self, value: T) {
                self.state.insert(value);
            }

            /// Runs tasks of this kind and of those named by further calls, and of no others: for a table into
            /// which others write, who might name any kind that this program knows. Defaults to all kinds.
            pub fn allow_kind(&mut self, kind: impl Into<String>) {
                self.kinds.allow(kind);
            }
        ))]
        pub struct $pool<Q> {
            /// How many tasks run at the same time. At least 1.
            #[builder(setter(into))]
            number_of_workers: u32,
            /// The queue to work for.
            queue: Q,
            /// The task type to work on. Defaults to `"common"`.
            #[builder(default = $crate::core::task::DEFAULT_TASK_TYPE.to_owned(), setter(into))]
            task_type: String,
            /// Several task types to work on instead, each with its weight. While all of them have work, weight 3 starts
            /// three tasks for each one of weight 1. The share of a type that has none goes to the others. Defaults to
            /// `task_type` alone.
            #[builder(default, setter(transform = |types: impl IntoIterator<Item = (impl Into<String>, u32)>| {
                types.into_iter().map(|(name, weight)| (name.into(), weight)).collect()
            }))]
            task_types: Vec<(String, u32)>,
            /// Bounds of the poll that backs up notifications. See [`SleepParams`]($crate::core::SleepParams).
            #[builder(default)]
            sleep_params: $crate::core::SleepParams,
            /// What stays in the table. See [`RetentionMode`]($crate::core::RetentionMode).
            #[builder(default)]
            retention_mode: $crate::core::RetentionMode,
            /// When a silent process is dead. See [`Lease`]($crate::Lease).
            #[builder(default)]
            lease: $crate::Lease,
            /// Removes finished and failed tasks that are older. Defaults to `None`: they stay.
            #[builder(default, setter(strip_option))]
            prune_after: Option<std::time::Duration>,
            /// Whether short tasks of a backlog are claimed by row locks alone: nothing is written of them until they
            /// end. No-op tasks get through a third faster and more, at less than half the log of the server. Defaults
            /// to `true`.
            ///
            /// Tasks are claimed so while runs take less than 10 ms on average and there are more of them than one claim
            /// takes. Tasks that are unique until started, or whose process died before, are not. A task that still
            /// runs after 200 ms gets a written claim. This takes two connections more, open for as long as there is
            /// such a backlog, in each of which a transaction is open for 200 ms at most. A pool that gets none goes on
            /// with written claims.
            ///
            /// What that changes:
            /// - Until it ends, or its 200 ms are over, such a task looks to others as if it waited. To cancel, remove,
            ///   retry or reschedule it takes as long.
            /// - Results are saved with those of the tasks that are locked together, so up to 200 ms late. When a
            ///   process dies, the tasks that have ended meanwhile run again with those that have not.
            /// - When another server takes over that lacks the last commits, nothing there tells which tasks ran at
            ///   that moment: they run again at once, though they may still run here.
            /// - A task that saves its success in its own transaction (`finish_in`) has to wait for its written claim.
            ///   From the first such on, the pool writes all claims.
            ///
            $(#[doc = $no_effect])+
            #[builder(default = true)]
            hold_short_tasks: bool,
            $($(#[$extra_attribute])* $extra: $extra_type,)*
            #[builder(via_mutators)]
            state: $crate::core::context::State,
            #[builder(via_mutators)]
            kinds: $crate::core::kind::Kinds,
            #[builder(default, setter(skip))]
            running: Option<$crate::parts::Running>,
        }

        impl<Q> $pool<Q> {
            fn config(&self) -> $crate::PoolConfig {
                $crate::PoolConfig {
                    workers: self.number_of_workers as usize,
                    shares: $crate::policy::weights::shares(&self.task_types, &self.task_type),
                    sleep_params: self.sleep_params.clone(),
                    retention: self.retention_mode,
                    lease: self.lease,
                    prune_after: self.prune_after,
                    lock_claims: self.hold_short_tasks,
                    cancel_grace: $crate::CANCEL_GRACE,
                    state: self.state.clone(),
                    kinds: self.kinds.clone(),
                }
            }

            /// From now on there are to be this many workers, whether the pool runs or not.
            fn set_workers(&mut self, number_of_workers: u32) -> Result<(), $crate::core::QueueError> {
                if number_of_workers == 0 {
                    return Err($crate::core::QueueError::NoWorkers);
                }
                self.number_of_workers = number_of_workers;
                let resized = self.running.as_ref().map(|running| running.resize(number_of_workers as usize));
                Ok(resized.transpose()?.unwrap_or_default())
            }
        }

        impl<Q: std::fmt::Debug> std::fmt::Debug for $pool<Q> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($pool))
                    .field("number_of_workers", &self.number_of_workers)
                    .field("queue", &self.queue)
                    .field("task_type", &self.task_type)
                    .field("is_running", &self.running.is_some())
                    .finish_non_exhaustive()
            }
        }
    };
}

/// Defines the queue over any store of a mode.
#[doc(hidden)]
#[macro_export]
macro_rules! handle {
    ($(#[$doc:meta])* pub struct $handle:ident over $(#[$new_doc:meta])* $store:ty;) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $handle($crate::handle::Handle);

        impl $handle {
            $(#[$new_doc])*
            pub fn new(store: std::sync::Arc<$store>) -> Self {
                Self($crate::handle::Handle::new(store))
            }

            /// The same queue, with other rules for what it takes.
            #[must_use]
            pub fn rules(self, rules: $crate::insert_rules::InsertRules) -> Self {
                Self(self.0.rules(rules))
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
    };
}

/// Defines the queue in memory of a mode, beside its `Handle`.
#[doc(hidden)]
#[macro_export]
macro_rules! memory_queue {
    ($(#[$doc:meta])* pub struct $queue:ident as $backend:ident over $store:ty;) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $queue {
            store: std::sync::Arc<$crate::core::memory::MemoryStore>,
            handle: Handle,
            context: $crate::core::Context,
        }

        impl $queue {
            /// An empty queue.
            pub fn new() -> Self {
                let store = std::sync::Arc::new($crate::core::memory::MemoryStore::new($crate::Utc::now));
                Self { handle: Handle::new(store.clone()), store, context: Default::default() }
            }

            /// With `false`, every task inserted through this queue is unique. Defaults to `true`.
            pub fn duplicated_tasks(mut self, duplicated_tasks: bool) -> Self {
                let rules = $crate::insert_rules::InsertRules { duplicated_tasks, ..Default::default() };
                self.handle = self.handle.rules(rules);
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
    };
}

/// Defines the queue in Postgres of a mode: its builder, and what the options say.
#[doc(hidden)]
#[macro_export]
macro_rules! postgres_queue {
    (
        $(#[$doc:meta])*
        pub struct $queue:ident $(<$tls:ident>)? over $store:ty {
            $($(#[$attribute:meta])* $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, typed_builder::TypedBuilder)]
        #[builder(doc)]
        pub struct $queue $(<$tls>)? {
            $($(#[$attribute])* $field: $type,)*
            /// With `false`, every task inserted through this queue is unique. Defaults to `true`.
            #[builder(default = true, setter(into))]
            duplicated_tasks: bool,
            /// The schema of the tables. Defaults to what the search path names.
            #[builder(default, setter(into, strip_option))]
            schema: Option<String>,
            /// The largest payload, in bytes of JSON. Defaults to 1 MiB.
            #[builder(default = $crate::core::new_task::DEFAULT_MAX_PAYLOAD_BYTES)]
            max_payload_bytes: usize,
            /// Whether pools listen for notifications besides polling. Defaults to `true`. With `false` an insert by
            /// another process is found by the poll alone.
            #[builder(default = true)]
            listen: bool,
            /// Whether inserts wake the pools of other processes by a notification: about ten times a second at most
            /// for a task type, but each time within a transaction of the application, and the server commits such
            /// transactions one after the other. Defaults to `true`. With `false` those pools find the task by their
            /// poll alone.
            #[builder(default = true)]
            notify: bool,
            /// Whether [PgBouncer](https://www.pgbouncer.org) in transaction mode, or a pooler like it, stands before
            /// the server. Nothing is then kept on a connection: statements are not prepared but travel in transactions
            /// of their own, and pools poll, whatever `listen` says. Defaults to `false`.
            #[builder(default = false)]
            pgbouncer: bool,
            #[builder(default, setter(skip))]
            store: std::sync::Arc<std::sync::OnceLock<std::sync::Arc<$store>>>,
            #[builder(default, setter(skip))]
            context: $crate::core::Context,
        }

        impl $(<$tls>)? $queue $(<$tls>)? {
            /// What it does with a task before it is saved.
            fn rules(&self) -> $crate::insert_rules::InsertRules {
                let Self { duplicated_tasks, max_payload_bytes, .. } = *self;
                $crate::insert_rules::InsertRules { duplicated_tasks, max_payload_bytes }
            }

            fn own_context(&self) -> &$crate::core::Context {
                &self.context
            }
        }

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
