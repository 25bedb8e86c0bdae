//! The queue of a mode in Postgres, as applications see it.

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
            /// Lets `change` see, change or refuse every task before it is inserted. This includes inserts in a
            /// transaction of yours, and crons that are scheduled. May be called several times: the first one sees the
            /// task first. Defaults to no change.
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

            /// Calls `listener` when this queue or a clone of it has inserted a task, inserted one for a cron, or
            /// cancelled one that waited: [`Event::Inserted`]($crate::Event::Inserted),
            /// [`CronFired`]($crate::Event::CronFired) and [`Cancelled`]($crate::Event::Cancelled). May be called
            /// several times. Defaults to no listener.
            ///
            /// Listeners run on a thread of their own, so a slow one delays no insert. While 16,384 events wait for
            /// them, further ones are dropped, and the log says so once. Events that still wait when the process ends
            /// are lost.
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
            /// The server commits transactions that notify one after the other, so a queue limits them. Outside of a
            /// transaction of yours it sends at most about ten notifications a second for each task type. Of your
            /// transactions, five in 100 ms notify. The queue watches the others, over one of its connections, and
            /// notifies once they have committed.
            #[builder(default = true)]
            notify: bool,
            /// Whether the connections go through [PgBouncer](https://www.pgbouncer.org) in transaction mode, or a
            /// similar pooler. The queue then prepares no statements and keeps no settings on a connection. Its pools
            /// find the tasks of other processes by polling alone, and `listen` has no effect. Defaults to `false`.
            #[builder(default = false)]
            pgbouncer: bool,
            #[builder(via_mutators)]
            hooks: $crate::insert_hooks::InsertHooks,
            #[builder(default = std::sync::Arc::new(shared_inserts()), setter(skip))]
            inserts: std::sync::Arc<$crate::shared_inserts::SharedInserts>,
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

        #[diagnostic::do_not_recommend]
        impl $(<$tls: $bound>)? $backend for $queue $(<$tls>)? {
            fn engine(&self) -> Result<std::sync::Arc<$dyn_store>, $crate::core::QueueError> {
                Ok(std::sync::Arc::new(self.store()?.of_a_pool()?))
            }

            fn handle(&self) -> Result<Handle, $crate::core::QueueError> {
                let handle = Handle::sharing(self.store()?, self.inserts.clone());
                Ok(handle.rules(self.rules()).hooks(self.hooks.clone()))
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
