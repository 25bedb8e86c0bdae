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
        middleware of $middleware:ident in $stack:ident
        lock-claims have no effect $(#[doc = $no_effect:literal])+
    ) => {
        $(#[$doc])*
        #[derive(typed_builder::TypedBuilder)]
        #[builder(doc, mutators(
            /// Gives every run of this pool access to `value`, for example a client or a configuration. A function of
            /// `#[fang::task]` takes it as an argument `State<T>`; other tasks call `queue.context().state::<T>()`. A
            /// second value of the same type replaces the first. Defaults to no values.
            pub fn state<T: Send + Sync + 'static>(&mut self, value: T) {
                self.values.insert(value);
            }

            /// Limits the pool to this kind, and to the kinds that further calls name. A task of another kind waits for
            /// a pool that runs it, and fails after a day. Use this if other programs write to the table: they could
            /// insert any kind that this program knows. Defaults to all kinds.
            pub fn allow_kind(&mut self, kind: impl Into<String>) {
                self.kinds.allow(kind);
            }

            /// Calls `listener` at every [`Event`]($crate::Event) of this pool: runs that begin, end, fail or are
            /// retried, lost connections, and more. May be called several times. Defaults to no listener.
            ///
            /// Listeners run one after the other on a thread of their own, so a slow one delays no run, and one that
            /// panics is called again. While 16,384 events wait for them, further ones are dropped; `stats()` counts
            /// these. A shutdown waits up to a second for the last ones.
            pub fn on_event(&mut self, listener: impl Fn(&$crate::Event) + Send + Sync + 'static) {
                self.subscribers.add(listener);
            }

            /// Runs this code around every run of the pool. May be called several times: the first one is the
            /// outermost. Defaults to none. See
            #[doc = concat!("[`", stringify!($middleware), "`].")]
            pub fn middleware(&mut self, middleware: impl $middleware) {
                self.middleware.add(middleware);
            }

            /// Registers a task of `#[fang::task]`: `.register::<welcome>()`. Tasks register themselves. This is needed
            /// only if the program never names their crate, so that the linker leaves it out. It does not keep other
            /// kinds out: use [`allow_kind`](Self::allow_kind) with `welcome::KIND` for that.
            pub fn register<T: $crate::core::Declared>(&mut self) {
                self.kinds.register(T::DECLARATION);
            }
        ))]
        #[must_use = "a pool runs tasks only once it has been started"]
        pub struct $pool<Q: $backend> {
            /// How many tasks the pool runs at the same time. At least 1, else the start fails with
            /// [`QueueError::NoWorkers`]($crate::core::QueueError::NoWorkers). A number that is no `u32`, such as -1,
            /// counts as 0.
            #[builder(setter(transform = |number: impl TryInto<u32>| number.try_into().unwrap_or(0)))]
            number_of_workers: u32,
            /// The queue whose tasks the pool runs. A clone is enough.
            queue: Q,
            /// The task type to serve. Defaults to `"common"`.
            #[builder(default = $crate::core::task::DEFAULT_TASK_TYPE.to_owned(), setter(into))]
            task_type: String,
            /// Several task types to serve instead of `task_type`, each with a weight of at least 1: `[("mail", 3),
            /// ("sync", 1)]`. While all of them have tasks, weight 3 starts three tasks for each one of weight 1. A
            /// type without tasks leaves its share to the others. Defaults to `task_type` alone.
            #[builder(default, setter(transform = |types: impl IntoIterator<Item = (impl Into<String>, u32)>| {
                types.into_iter().map(|(name, weight)| (name.into(), weight)).collect()
            }))]
            task_types: Vec<(String, u32)>,
            /// Serves all task types, also those that appear while the pool runs: for example one for each customer. An
            /// idle pool takes less than a hundredth of a core of the database for that. Types of `task_types` keep
            /// their weights, and all others have the weight 1. `task_type` has no effect. Paused types stay paused.
            /// Tasks of the other mode are left to pools of that mode. Defaults to `false`.
            ///
            /// A store of your own needs the feature `ReadyTypes` for it, else the start fails with
            /// [`StoreError::NotOffered`]($crate::core::StoreError::NotOffered).
            #[builder(setter(strip_bool))]
            all_task_types: bool,
            /// How often the pool polls for tasks while it is idle. Defaults to every 5 ms at first, and up to every
            /// 1.5 s while there are none. See [`SleepParams`]($crate::core::SleepParams).
            #[builder(default)]
            sleep_params: $crate::core::SleepParams,
            /// The tasks whose rows stay in the table after they end. Defaults to the failed ones: finished tasks are
            /// removed. See [`RetentionMode`]($crate::core::RetentionMode).
            #[builder(default)]
            retention_mode: $crate::core::RetentionMode,
            /// How long a process may be silent before others rescue its tasks. Defaults to 30 s. See
            /// [`Lease`]($crate::Lease).
            #[builder(default)]
            lease: $crate::Lease,
            /// Removes finished and failed tasks this long after they ended. The pool looks about once a minute, at the
            /// tasks of all task types. Defaults to `None`: tasks that the `retention_mode` keeps stay for ever.
            #[builder(default, setter(strip_option))]
            prune_after: Option<std::time::Duration>,
            /// Makes many short tasks run faster: the pool claims them by a lock of their rows (a lock-claim)
            /// instead of an update of their rows (a written claim). Tasks that do nothing run at least a third faster,
            /// and the server writes less than half as much log (WAL). Defaults to `true`.
            ///
            /// The pool makes lock-claims while runs take less than 10 ms on average and claims bring many tasks: 32, or
            /// as many as they can take. A task that still runs 200 ms after its claim gets a written claim. A task that is unique until
            /// it starts, or whose process died before, always gets a written claim. While tasks come so
            /// fast the pool opens two more connections; a transaction on one of them lasts 200 ms at most. If the server
            /// refuses these connections, the pool makes written claims only.
            ///
            /// For tasks that are claimed this way, the following is different:
            /// - Until it ends or gets a written claim, a task that runs looks as if it still waited. Calls that
            ///   cancel, remove, retry or reschedule it wait until then.
            /// - The results of tasks that were claimed together are saved together, up to 200 ms after the first of
            ///   them ended. If the process dies before that, all of these tasks run again, also those that had ended.
            /// - If another server takes over that lacks the last commits of the old one, the tasks that were running
            ///   run again at once, although they may still run here.
            /// - A task that saves its success in its own transaction (`finish_in`) first waits for a written claim.
            ///   After the first such task the pool makes written claims only.
            ///
            $(#[doc = $no_effect])+
            #[builder(default = true)]
            lock_claims: bool,
            /// Keeps the tables small: the pool vacuums them while many tasks come and go. The autovacuum of the server
            /// comes once a minute at best. With `false` only the server vacuums. Defaults to `true`.
            ///
            /// After some thousands of results the pool looks at the statistics of the server. If the tables have
            /// `vacuum_at` dead rows or more, one pool of all processes vacuums. It opens a connection for that and
            /// closes it afterwards. No other statement waits for it. Quiet tables are not vacuumed.
            ///
            /// Vacuums take at most a quarter of the time. If a vacuum could remove next to nothing, because an open
            /// transaction still needs the dead rows, the next one comes 10 s later or more.
            ///
            /// The role of the connection must own the tables, or have the right `MAINTAIN` on them (from version 17 of
            /// Postgres on). If it may not vacuum, the pool logs that once, with the way to allow it, and goes on
            /// without.
            ///
            /// No effect if the queue is not in Postgres, or has a `connection_pool` of yours with less than four
            /// connections.
            #[builder(default = true)]
            vacuum: bool,
            /// The number of dead rows in the table of tasks at which the pool [vacuums](Self::vacuum) it. A task that
            /// ran leaves one or two. If a twentieth of the live rows is more, that is the number. Defaults to 50,000.
            #[builder(default = $crate::VACUUM_AT)]
            vacuum_at: u32,
            $($(#[$extra_attribute])* $extra: $extra_type,)*
            #[builder(via_mutators)]
            values: $crate::core::context::Values,
            #[builder(via_mutators)]
            kinds: $crate::core::kind::Kinds,
            #[builder(via_mutators)]
            middleware: $stack,
            #[builder(via_mutators)]
            subscribers: $crate::Subscribers,
            #[builder(default, setter(skip))]
            spans: $crate::spans::SpanHook,
            #[builder(default, setter(skip))]
            monitor: $crate::PoolMonitor,
            #[builder(default, setter(skip))]
            running: Option<$crate::parts::Running>,
        }

        impl<Q: $backend> $pool<Q> {
            /// Checks that the store can be reached and its tables are up to date, and starts the workers. Returns once
            /// they are started; the tasks run in the background. Does nothing if the pool is already running. A pool
            /// that a tool has stopped (`stop_worker` of `Admin`) starts again.
            ///
            /// # Errors
            /// [`QueueError::NoWorkers`]($crate::core::QueueError::NoWorkers),
            /// [`QueueError::TaskTypes`]($crate::core::QueueError::TaskTypes) or
            /// [`QueueError::Lease`]($crate::core::QueueError::Lease) when an option of the pool is not valid.
            /// [`QueueError::SameKind`]($crate::core::QueueError::SameKind) when two tasks of the program have the same
            /// kind. [`QueueError::NoState`]($crate::core::QueueError::NoState) when a task that the pool serves takes
            /// a value that the pool lacks. [`QueueError::NotConnected`]($crate::core::QueueError::NotConnected) when
            /// the queue is not connected. [`QueueError::Store`]($crate::core::QueueError::Store) when the database
            /// cannot be reached or its tables are missing or too old.
            pub $($asyncness)? fn start(&mut self) -> Result<(), $crate::core::QueueError> {
                self.forget_stopped();
                if self.running.is_none() {
                    self.running = Some($crate::wait!([$($asyncness)?] self.launch(&<_>::default()))?);
                }
                Ok(())
            }

            /// Forgets a pool that a tool has stopped.
            fn forget_stopped(&mut self) {
                drop(self.running.take_if(|running| running.has_stopped()));
            }

            /// What the pool has done since it was last started. The numbers stay after it has stopped. All are zero
            /// before the first start.
            pub fn stats(&self) -> $crate::PoolStats {
                self.monitor.stats()
            }

            /// A handle to the pool for other parts of the program. It works also while the pool runs until a signal.
            pub fn monitor(&self) -> $crate::PoolMonitor {
                self.monitor.clone()
            }

            /// Changes the number of workers: `pool.resize(8)?`. It may be called before and after the start. New
            /// workers start at once. A surplus worker stops only after the task that it runs and those that were
            /// claimed ahead for it, which are at most some 10 ms of work.
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

            /// Makes the pool quiet, for example before a shutdown that has to be quick. It claims no more tasks, gives
            /// back those that no worker has begun, and lets the running ones end. It still sends beats.
            /// [`resume`](Self::resume) makes it claim again. No effect on a pool that does not run. SIGTSTP does the
            /// same to pools that run until a signal.
            pub fn quiet(&self) {
                self.monitor.quiet();
            }

            /// Makes a [quiet](Self::quiet) pool claim tasks again.
            pub fn resume(&self) {
                self.monitor.resume();
            }

            fn config(&self) -> $crate::PoolConfig {
                $crate::PoolConfig {
                    workers: self.number_of_workers as usize,
                    served: $crate::policy::served::Served::new(
                        &self.task_types, &self.task_type, self.all_task_types,
                    ),
                    sleep_params: self.sleep_params.clone(),
                    retention: self.retention_mode,
                    lease: self.lease,
                    prune_after: self.prune_after,
                    lock_claims: self.lock_claims,
                    vacuum_at: self.vacuum.then_some(self.vacuum_at),
                    cancel_grace: $crate::CANCEL_GRACE,
                    timeout: None,
                    values: self.values.clone(),
                    kinds: self.kinds.clone(),
                    middleware: Default::default(),
                    middleware_blocking: Default::default(),
                    spans: self.spans.clone(),
                    subscribers: self.subscribers.clone(),
                    inserts: Default::default(),
                    monitor: self.monitor.clone(),
                }
            }
        }

        $crate::pool_spans!($pool, $backend);

        impl<Q: $backend + std::fmt::Debug> std::fmt::Debug for $pool<Q> {
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
