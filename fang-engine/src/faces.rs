//! The queues and pools of both modes, as applications see them, written once. Where a mode is `[async]`, calls are
//! `async`; where it is `[]`, they block.

mod over_store;
mod pool;
mod postgres;

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

/// Implements the public queue trait of a mode, and `insert` without it, for a queue that has
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
        impl<$($generics)*> $queue {
            /// Saves one task of either mode, with the options set on it. Returns its row, or that of its duplicate.
            #[doc = concat!("The same as [`", stringify!($trait), "::insert`](fang_core::", stringify!($trait), "::insert),")]
            /// without an import of the trait, which has the other calls of a queue.
            ///
            /// # Errors
            /// [`QueueError::Payload`]($crate::core::QueueError::Payload) when the task cannot be saved as it is.
            /// [`QueueError::Refused`]($crate::core::QueueError::Refused) when `before_insert` of the queue refuses it.
            /// [`QueueError::NotUnique`]($crate::core::QueueError::NotUnique) when it has a duplicate and is unique with
            /// [`or_error`]($crate::core::Unique::or_error). [`QueueError::Store`]($crate::core::QueueError::Store)
            /// when the store fails.
            pub $($asyncness)? fn insert(
                &self,
                task: $crate::core::NewTask,
            ) -> Result<$crate::core::Task, $crate::core::QueueError> {
                $crate::wait!([$($asyncness)?] self.verbs()?.insert(task))
            }
        }

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
                $crate::wait!([$($asyncness)?] self.verbs()?.cancel(id))
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
