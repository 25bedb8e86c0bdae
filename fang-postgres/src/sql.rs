//! The SQL of all verbs, one file each, used by all drivers.

use crate::schema::Schema;

/// The condition of a statement over many rows that leaves some out, and the one that takes these rows alone.
const ALL_BUT: &str = "id <> ALL (";
const ONLY: &str = "id = ANY (";

/// A statement for the rows alone that it leaves out.
pub fn only_rows(sql: &str) -> String {
    sql.replacen(ALL_BUT, ONLY, 1)
}

macro_rules! statements {
    ($($name:ident),+ $(,)?) => {
        /// The statements for Postgres, with the names of the tables as they are to be sent.
        #[derive(Clone, Debug)]
        pub struct Statements {
            $(
                #[doc = concat!("See `sql/", stringify!($name), ".sql`.")]
                pub $name: String,
            )+
        }

        impl Statements {
            /// The statements for the tables of this schema.
            pub fn new(schema: &Schema) -> Self {
                Self {
                    $($name: schema.qualify(include_str!(concat!("sql/", stringify!($name), ".sql"))),)+
                }
            }

            /// All statements with their names, for tests.
            pub fn all(&self) -> Vec<(&'static str, &str)> {
                vec![$((stringify!($name), self.$name.as_str()),)+]
            }
        }
    };
}

statements!(
    ahead,
    all_is_back,
    bring_back,
    bring_back_periods,
    bury,
    cancel,
    cancellations,
    cancelled,
    claim,
    copy,
    count,
    cron_lock,
    crons,
    depths,
    disown,
    end_cron,
    ended,
    find,
    find_cron,
    finish,
    finish_remove,
    fire,
    first_listed,
    has_tables,
    heartbeat,
    lock_claim,
    lock_cron,
    crowd_lock_session,
    duplicates,
    insert,
    insert_new,
    insert_unique,
    write_lost_claims,
    write_claims_of_dead,
    crowd_unlock,
    list,
    list_crons,
    list_locked,
    listed,
    migration_lock,
    notify,
    now,
    now_in,
    pause,
    pause_cron,
    kept,
    prune_kept,
    prune_tasks,
    prune_unique,
    prune_workers,
    raise_worker_id,
    register,
    remove_all,
    remove_cron,
    remove_id,
    remove_other_crons,
    remove_scheduled,
    remove_task_type,
    remove_unique,
    restore_meta,
    reschedule,
    rescue,
    resume,
    resume_cron,
    retire,
    retry,
    retry_failed,
    run_cron,
    running,
    set_priority,
    write_claims,
    remove_locked,
    suspect,
    turn,
    sync_cron,
    crowd_lock,
    unlist,
    unlist_unknown,
    unserved,
    version,
    while_connected,
);
