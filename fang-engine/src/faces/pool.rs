//! The worker pool that both modes show to applications.

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

        impl<Q: $backend> $pool<Q> {
            /// Checks that the database is ready, then starts the workers. Does nothing if the pool runs already.
            ///
            /// # Errors
            /// [`QueueError::NoWorkers`]($crate::core::QueueError::NoWorkers),
            /// [`QueueError::TaskTypes`]($crate::core::QueueError::TaskTypes),
            /// [`QueueError::Lease`]($crate::core::QueueError::Lease) or
            /// [`QueueError::SameKind`]($crate::core::QueueError::SameKind) when no pool can work so;
            /// [`QueueError::Store`]($crate::core::QueueError::Store) when the database cannot be reached or its schema is not
            /// up to date.
            pub $($asyncness)? fn start(&mut self) -> Result<(), $crate::core::QueueError> {
                if self.running.is_none() {
                    self.running = Some($crate::wait!([$($asyncness)?] self.launch())?);
                }
                Ok(())
            }

            /// Changes the number of workers, whether the pool runs or not: `pool.resize(8)?`. More start at once. Of those
            /// that are too many, each ends after the task it runs and the tasks that were claimed ahead for it: at most
            /// some 10 ms of work.
            ///
            /// # Errors
            /// [`QueueError::NoWorkers`]($crate::core::QueueError::NoWorkers) for 0, and
            /// [`QueueError::Store`]($crate::core::QueueError::Store) when the system has no more threads. The pool goes on as
            /// it is.
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
                    lock_claims: self.hold_short_tasks,
                    cancel_grace: $crate::CANCEL_GRACE,
                    state: self.state.clone(),
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
