//! Whether a row is the cause of an error, or the server: a trigger of the application may refuse a row with any code, as one
//! does that calls a function that is gone.

use crate::database::Database;
use crate::session::Connections;
use crate::settings::Role;
use crate::statement::Statement;
use fang_core::StoreError;
use fang_core::error::Nature;

impl<C: Connections> Database<C> {
    /// The error of a statement. If it tells of the whole server or of all tables, but the same statement without any row
    /// gets through, one of the rows is the cause, and the error becomes a refusal of a statement.
    pub(crate) async fn looked_into(
        &self,
        role: Role,
        error: StoreError,
        without_rows: Statement<'_>,
    ) -> StoreError {
        let is_suspect = may_be_a_row(&error) && !matches!(error, StoreError::Statement { .. });
        if is_suspect && self.answer(role, without_rows).await.is_ok() { of_a_row(error) } else { error }
    }
}

/// Whether a row may be the reason for an error: the server answered with one, whatever it says.
pub(super) fn may_be_a_row(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Statement { .. }
            | StoreError::NotMigrated { .. }
            | StoreError::ReadOnly { .. }
            | StoreError::Refused { .. }
            | StoreError::TooManyConnections { .. }
            | StoreError::Pooled { .. }
            | StoreError::Locked { .. }
    )
}

/// Whether an error comes again for the same row, as far as its code tells.
pub(super) fn is_lasting(error: &StoreError) -> bool {
    !matches!(error.nature(), Nature::Passing | Nature::Contended)
}

/// The error for a row that was refused with a code that otherwise tells of the server.
pub(super) fn of_a_row(error: StoreError) -> StoreError {
    let (nature, source) = match error {
        StoreError::ReadOnly { source }
        | StoreError::Refused { source }
        | StoreError::TooManyConnections { source, .. }
        | StoreError::Pooled { source } => (Nature::Final, source),
        StoreError::NotMigrated { reason } => return StoreError::statement(Nature::Final, reason.into()),
        StoreError::Locked { reason } => return StoreError::statement(Nature::Passing, reason.into()),
        error => return error,
    };
    StoreError::Statement { nature, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_may_be_refused_with_any_code_and_its_error_blames_no_server() {
        for code in ["P0001", "42P01", "42883", "25006", "28000", "53300", "26000", "55P03", "40001", "57014"]
        {
            let error = StoreError::from_sqlstate(code, "no".into());
            assert!(may_be_a_row(&error), "{code}");
            assert_eq!(of_a_row(error).to_string(), "the database refused a statement: no", "{code}");
        }
        for error in [StoreError::unreachable("gone".into()), StoreError::Timeout { seconds: 30 }] {
            assert!(!may_be_a_row(&error), "{error}");
        }
    }
}
