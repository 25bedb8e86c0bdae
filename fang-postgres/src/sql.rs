//! The SQL of all verbs, one file each, used by all drivers.

use crate::schema::Schema;
use std::borrow::Cow;

/// The condition of a statement over many rows that leaves some out, and the one that takes these rows alone.
const ALL_BUT: &str = "id <> ALL (";
const ONLY: &str = "id = ANY (";

/// A statement for the rows alone that it leaves out.
pub fn only_rows(sql: &str) -> String {
    sql.replacen(ALL_BUT, ONLY, 1)
}

/// The conditions of a filter, written once for all statements that look for tasks.
const MATCHES: &str = include_str!("sql/matches.sql");

/// What looks that go back in time return.
const FOUND: &str = include_str!("sql/found.sql");

/// The claim, which is also a part of `claim_with_next`.
const CLAIM: &str = include_str!("sql/claim.sql");

/// How the place of a shared part begins.
const PLACE: &str = "/* ";

/// Puts in the parts that several statements share. Most have none.
fn with_parts(sql: &str) -> Cow<'_, str> {
    if !sql.contains(PLACE) {
        return sql.into();
    }
    // The rows that a claim leaves out are its last parameter, and `claim_with_next` has one more before that.
    let claim = CLAIM.trim_end().replace("$8", "$9");
    let sql = sql.replace("/* matches */", MATCHES.trim_end()).replace("/* found */", FOUND.trim());
    sql.replace("/* claim */", &claim).into()
}

macro_rules! statements {
    ($(#[$doc:meta])* $statements:ident in $folder:literal: $($name:ident),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $statements {
            $(
                #[doc = concat!("See `", $folder, stringify!($name), ".sql`.")]
                pub $name: String,
            )+
        }

        impl $statements {
            /// The statements for the tables of this schema.
            pub fn new(schema: &Schema) -> Self {
                Self {
                    $($name: schema.qualify(&with_parts(include_str!(concat!($folder, stringify!($name), ".sql")))),)+
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
    /// The statements of the doctor, with the names of the tables as they are to be sent.
    DoctorStatements in "sql/doctor/":
    connections,
    durability,
    fleet,
    horizon,
    meta,
    objects,
    open_inserts,
    paused,
    place,
    read_only,
    rights,
    session,
    unknown,
    vacuum,
    workers,
);

statements!(
    /// The statements for Postgres, with the names of the tables as they are to be sent.
    Statements in "sql/":
    ahead,
    all_is_back,
    ask_worker,
    bring_back,
    bring_back_periods,
    bury,
    cancel,
    cancellations,
    cancelled,
    change_cancel,
    change_ids,
    change_priority,
    change_remove,
    change_retry,
    change_time,
    claim,
    claim_with_next,
    copy,
    count,
    cron_lock,
    crons,
    depths,
    disown,
    end_cron,
    ended,
    ended_transactions,
    errors,
    fetch,
    find,
    find_cron,
    finish,
    finish_remove,
    fire,
    first_listed,
    gather,
    has_tables,
    heartbeat,
    hidden_schema,
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
    look_ended,
    look_kept,
    look_newest,
    look_oldest,
    look_ready,
    look_running,
    list_crons,
    list_locked,
    list_running,
    listed,
    longest_poll,
    migration_lock,
    minutes,
    notify,
    now,
    now_in,
    pause,
    pause_cron,
    paused_types,
    kept,
    payloads,
    prune_kept,
    prune_lists,
    prune_minutes,
    prune_tasks,
    prune_unique,
    prune_workers,
    raise_worker_id,
    ready_types,
    register,
    remove_all,
    remove_cron,
    remove_id,
    remove_other_crons,
    remove_scheduled,
    remove_task_type,
    remove_unique,
    rename_cron,
    restore_meta,
    reschedule,
    rescue,
    resume,
    resume_cron,
    retire,
    retry,
    run_cron,
    running,
    set_priority,
    write_claims,
    remove_locked,
    suspect,
    this_transaction,
    turn,
    sync_cron,
    crowd_lock,
    unlist,
    unlist_unknown,
    unserved,
    vacuum_due,
    vacuum_left,
    vacuum_others,
    vacuum_over,
    vacuum_tasks,
    version,
    while_connected,
    workers,
);
