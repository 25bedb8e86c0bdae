//! The worker pool of both modes, as applications see it.

/// Defines the worker pool of a mode: its builder, its configuration and its `Debug`.
#[doc(hidden)]
#[macro_export]
macro_rules! worker_pool {
    (
        [$($asyncness:tt)?]
        $(#[$doc:meta])*
        pub struct $pool:ident<Q: $backend:ident> {
            $($(#[$extra_attribute:meta])* $extra:ident: $extra_type:ty,)*
        }
        lock-claims have no effect $(#[doc = $no_effect:literal])+
    ) => {
        $(#[$doc])*
        #[derive(typed_builder::TypedBuilder)]
        #[builder(doc, mutators(
            /// Gives every run access to `value`: as an argument `State<T>` of a function of `#[fang::task]`, and through
            /// `queue.context().state::<T>()`. A second value of the same type replaces the first.
            pub fn state<T: Send + Sync + 'static>(&mut self, value: T) {
                self.values.insert(value);
            }

            /// Runs tasks of this kind, and of the kinds that further calls name, and of no others. Use it when
            /// others write to the table: they could name any kind that this program knows. Defaults to all kinds.
            pub fn allow_kind(&mut self, kind: impl Into<String>) {
                self.kinds.allow(kind);
            }

            /// Names a task of `#[fang::task]` that the pool runs: `.register::<welcome>()`. Tasks register themselves, so
            /// this is needed only where a linker drops a crate of tasks that the program names nowhere else. It does not
            /// keep other kinds out; [`allow_kind`](Self::allow_kind) with `welcome::KIND` does.
            pub fn register<T: $crate::core::Declared>(&mut self) {
                self.kinds.register(T::DECLARATION);
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
            /// Several task types to work on instead of `task_type`, each with its weight. While all of them have
            /// work, weight 3 starts three tasks for each one of weight 1. A type without work leaves its share to
            /// the others. Defaults to `task_type` alone.
            #[builder(default, setter(transform = |types: impl IntoIterator<Item = (impl Into<String>, u32)>| {
                types.into_iter().map(|(name, weight)| (name.into(), weight)).collect()
            }))]
            task_types: Vec<(String, u32)>,
            /// How often the pool polls for tasks besides the notifications that it gets. See
            /// [`SleepParams`]($crate::core::SleepParams).
            #[builder(default)]
            sleep_params: $crate::core::SleepParams,
            /// The tasks that stay in the table after they end. Defaults to those that failed. See
            /// [`RetentionMode`]($crate::core::RetentionMode).
            #[builder(default)]
            retention_mode: $crate::core::RetentionMode,
            /// How long a process may be silent before others take over its tasks. Defaults to 30 s. See
            /// [`Lease`]($crate::Lease).
            #[builder(default)]
            lease: $crate::Lease,
            /// Removes tasks that finished or failed longer ago than this. Defaults to `None`: they stay.
            #[builder(default, setter(strip_option))]
            prune_after: Option<std::time::Duration>,
            /// Makes a backlog of short tasks run faster: the pool claims them by locking their rows instead of
            /// updating them. No-op tasks get through at least a third faster, and the server writes less than half
            /// as much log (WAL). Defaults to `true`.
            ///
            /// The pool claims this way while runs take less than 10 ms on average and more tasks wait than one
            /// claim takes. A task that still runs 200 ms after its claim gets a written claim, an update of its
            /// row. A task that is unique until it starts, or whose process died before, always gets a written
            /// claim. The pool opens two more connections while there is such a backlog; a transaction on one of
            /// them lasts 200 ms at most. If the server refuses these connections, the pool goes on with written
            /// claims.
            ///
            /// This changes the following for the tasks of such a backlog:
            /// - A task that runs looks like a waiting one to others, until it ends or gets its written claim. Calls
            ///   that cancel, remove, retry or reschedule it wait until then.
            /// - The results of tasks that were claimed together are saved together, so up to 200 ms late. If the
            ///   process dies before that, all of these tasks run again, including those that had ended.
            /// - After a failover to a server that lacks the last commits, nothing there tells which tasks were
            ///   running. They run again at once, although they may still run here.
            /// - A task that saves its success in its own transaction (`finish_in`) has to wait for its written
            ///   claim. After the first such task the pool writes all its claims.
            ///
            $(#[doc = $no_effect])+
            #[builder(default = true)]
            lock_claims: bool,
            $($(#[$extra_attribute])* $extra: $extra_type,)*
            #[builder(via_mutators)]
            values: $crate::core::context::Values,
            #[builder(via_mutators)]
            kinds: $crate::core::kind::Kinds,
            #[builder(default, setter(skip))]
            running: Option<$crate::parts::Running>,
        }

        impl<Q: $backend> $pool<Q> {
            /// Checks that the database is ready, then starts the workers. Does nothing if the pool is already
            /// running.
            ///
            /// # Errors
            /// [`QueueError::NoWorkers`]($crate::core::QueueError::NoWorkers),
            /// [`QueueError::TaskTypes`]($crate::core::QueueError::TaskTypes),
            /// [`QueueError::Lease`]($crate::core::QueueError::Lease) or
            /// [`QueueError::SameKind`]($crate::core::QueueError::SameKind) when the pool or the program is set up
            /// wrongly; [`QueueError::NoState`]($crate::core::QueueError::NoState) when a task that the pool serves takes a
            /// value that the pool lacks; [`QueueError::Store`]($crate::core::QueueError::Store) when the database cannot be reached
            /// or its schema is not up to date.
            pub $($asyncness)? fn start(&mut self) -> Result<(), $crate::core::QueueError> {
                if self.running.is_none() {
                    self.running = Some($crate::wait!([$($asyncness)?] self.launch())?);
                }
                Ok(())
            }

            /// Changes the number of workers: `pool.resize(8)?`. It may be called before and after the start. New
            /// workers start at once. A surplus worker ends after the task that it runs and those that were claimed
            /// ahead for it, which are at most some 10 ms of work.
            ///
            /// # Errors
            /// [`QueueError::NoWorkers`]($crate::core::QueueError::NoWorkers) for 0, and
            /// [`QueueError::Store`]($crate::core::QueueError::Store) when the system cannot start more threads. The
            /// pool then keeps the workers that it has.
            pub fn resize(&mut self, number_of_workers: u32) -> Result<(), $crate::core::QueueError> {
                if number_of_workers == 0 {
                    return Err($crate::core::QueueError::NoWorkers);
                }
                self.number_of_workers = number_of_workers;
                let resized = self.running.as_ref().map(|running| running.resize(number_of_workers as usize));
                Ok(resized.transpose()?.unwrap_or_default())
            }

            fn config(&self) -> $crate::PoolConfig {
                $crate::PoolConfig {
                    workers: self.number_of_workers as usize,
                    shares: $crate::policy::weights::shares(&self.task_types, &self.task_type),
                    sleep_params: self.sleep_params.clone(),
                    retention: self.retention_mode,
                    lease: self.lease,
                    prune_after: self.prune_after,
                    lock_claims: self.lock_claims,
                    cancel_grace: $crate::CANCEL_GRACE,
                    values: self.values.clone(),
                    kinds: self.kinds.clone(),
                }
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
