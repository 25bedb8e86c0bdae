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
            /// Looks for what will hurt, and says what to do: tables of another version, missing rights, an invalid index, too few
            /// connections, transactions that keep dead rows, clocks that differ, silent pools, task types that nobody serves,
            /// crons that do not tick, and more. Returns the worst first, and nothing if all is well. It changes nothing, reads
            /// a bounded number of rows, and works without tables too. A check that lacks a right is a finding.
            ///
            /// The page [command](https://docs.rs/fang/latest/fang/guide/command/index.html) of the guide lists all findings.
            examine() -> Vec<Finding>;
            /// Reads the payloads of all waiting tasks of those kinds that this program knows, and of all crons, as its pools would,
            /// and returns the ones that it cannot read. Tasks of other kinds are left out. It changes nothing. In Postgres it walks through the whole
            /// table, 1,000 rows a statement. Run it in a new version of a program before that is deployed.
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
