//! Looks for task types with tasks.

use crate::database::Database;
use crate::row::{get, span};
use crate::session::Connections;
use crate::settings::Role;
use crate::statement::Statement;
use crate::value::Value;
use fang_core::StoreError;
use fang_core::store::{ReadyLook, ReadyTypes, micros};

pub(crate) async fn ready_types<C: Connections>(
    db: &Database<C>,
    look: &ReadyLook,
) -> Result<ReadyTypes, StoreError> {
    let limit = i32::try_from(look.limit).unwrap_or(i32::MAX);
    let params: [&dyn Value; 4] = [&look.from.as_str(), &(look.mode as i16), &micros(look.within), &limit];
    let mut ready = ReadyTypes::default();
    for row in &db.query(Role::Engine, Statement::rows(&db.sql.ready_types, &params)?).await? {
        let task_type: String = get(row, 0)?;
        match get::<Option<f64>>(row, 1)? {
            None => ready.next = Some(task_type),
            Some(due_in) if due_in > 0.0 => ready.later.push((task_type, span(due_in))),
            Some(_) => ready.due.push(task_type),
        }
    }
    Ok(ready)
}
