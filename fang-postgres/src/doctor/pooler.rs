//! A pooler in between that the queue does not know.

use super::{Found, Patient};
use crate::row::get;
use crate::session::{Connections, Session};
use crate::settings::Role;
use crate::statement::{Statement, Step};
use fang_core::StoreError;
use fang_core::error::Nature;
use fang_core::store::Finding;
use std::time::Instant;

/// How often the session is looked at. A pooler changes it between two transactions.
const LOOKS: usize = 3;
/// In seconds. A session of its own is never older than its connection; but a clock may be put right meanwhile.
const SLACK: f64 = 0.2;

/// A row of `session.sql`.
struct Look {
    pid: i32,
    age: f64,
    is_set_up: bool,
}

pub(super) async fn check<C: Connections>(patient: &Patient<'_, C>) -> Found {
    // A connection pool of the application has connections of its own making.
    if !patient.db.connections.can_lock() {
        return Ok(Vec::new());
    }
    let began = Instant::now();
    let looks = match looks(patient).await {
        Ok(looks) => looks,
        Err(error @ StoreError::Pooled { .. }) => return Err(error),
        // It was cancelled, or the server stops.
        Err(StoreError::Statement { nature: Nature::Passing, .. }) => return Ok(Vec::new()),
        // No right is needed, and the statement works on every server.
        Err(StoreError::Statement { source, .. }) => return Ok(vec![in_between(&source.to_string())]),
        // Another check meets the same failure, unless only one more connection was too many.
        Err(_) => return Ok(Vec::new()),
    };
    let opened_within = began.elapsed().as_secs_f64();
    let Some(first) = looks.first() else { return Ok(Vec::new()) };
    let what = if looks.iter().any(|look| look.pid != first.pid) {
        "the session of the server changes between two transactions"
    } else if !looks.iter().all(|look| look.is_set_up) {
        "the session of the server does not have the settings that the queue gave it"
    } else if first.age > opened_within + SLACK {
        "the session of the server is older than the connection"
    } else {
        return Ok(Vec::new());
    };
    Ok(vec![in_between(what)])
}

fn in_between(what: &str) -> Finding {
    Finding::pooler(format!("a pooler such as PgBouncer is in between: {what}"))
}

/// Looks at the session of a new connection, a transaction after the other.
async fn looks<C: Connections>(patient: &Patient<'_, C>) -> Result<Vec<Look>, StoreError> {
    let mut session = patient.db.session(Role::LockClaims).await?;
    let mut looks = Vec::new();
    let mut outcome = Ok(());
    for _ in 0..LOOKS {
        outcome = look(&mut session, &patient.sql.session).await.map(|look| looks.extend(look));
        if outcome.is_err() {
            break;
        }
    }
    patient.db.end(session, outcome).await?;
    Ok(looks)
}

async fn look(session: &mut impl Session, sql: &str) -> Result<Option<Look>, StoreError> {
    let answers = session.run(&[Step::Run(Statement::rows(sql, &[])?)]).await?;
    let row = answers.first().and_then(|answer| answer.rows.first());
    row.map(|row| Ok(Look { pid: get(row, 0)?, age: get(row, 1)?, is_set_up: get(row, 2)? })).transpose()
}
