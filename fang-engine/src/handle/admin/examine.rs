//! The doctor of an admin.

use super::Admin;
use crate::doctor;
use fang_core::QueueError;
use fang_core::store::{Finding, Unreadable};

/// Passes the calls of the doctor to a macro of one mode.
#[doc(hidden)]
#[macro_export]
macro_rules! doctor_verbs {
    ($mode:ident) => {
        $mode! {
            /// Looks for trouble, and says what to do about it: tables of another version, missing rights, an invalid
            /// index, too few connections, transactions that keep dead rows, clocks that differ, silent pools, task
            /// types that no pool serves, crons that do not tick, and more. Returns the worst finding first, and an
            /// empty list if all is well. It changes nothing, and reads a bounded number of rows. It also works without
            /// tables. If this role may not make a check, that is a finding too.
            ///
            /// The page [command](https://docs.rs/fang/latest/fang/guide/command/index.html) of the guide lists all
            /// findings.
            examine() -> Vec<Finding>;
            /// Decodes the payloads of all waiting tasks and all crons, as the pools of this program would, and returns
            /// those that cannot be decoded. Tasks of kinds that the program does not have are left out. It changes
            /// nothing. In Postgres it reads the whole table, 1,000 rows with each statement. Run it in a new version
            /// of a program before you deploy it.
            check_payloads() -> Vec<Unreadable>;
        }
    };
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident() -> $value:ty;)+) => {
        impl Admin {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// [`QueueError::Store`] when the store cannot be reached.
                pub async fn $name(&self) -> Result<$value, QueueError> {
                    Ok(doctor::$name(&*self.store).await?)
                }
            )+
        }
    };
}

crate::doctor_verbs!(verbs);
