use super::created;
use crate::request_error::RequestError;
use crate::shop::Shop;
use crate::tasks::deliver_order;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use fang::{AsyncQueueable, DateTime, Task, Utc, Uuid};
use serde::{Deserialize, Serialize};

const INSERT: &str = "
    INSERT INTO orders (buyer, product, cents)
    SELECT users.id, products.id, cents FROM users, products WHERE users.id = $1 AND products.id = $2
    RETURNING id";
const SET_TASK: &str = "UPDATE orders SET task = $1 WHERE id = $2";
const FIND: &str = "SELECT product, cents, task, sent_at FROM orders WHERE id = $1";

#[derive(Deserialize)]
pub(super) struct NewOrder {
    user: i64,
    product: i64,
}

#[derive(Serialize)]
pub(super) struct Order {
    product: i64,
    cents: i64,
    /// When the warehouse took it.
    sent_at: Option<DateTime<Utc>>,
    /// The task that tells the warehouse, until a week after its end.
    delivery: Option<Delivery>,
}

#[derive(Serialize)]
struct Delivery {
    state: &'static str,
    /// How often it has run again.
    retries: i32,
    /// Why the last run failed.
    error: Option<String>,
    /// When it runs, or ran.
    scheduled_at: DateTime<Utc>,
}

impl From<Task> for Delivery {
    fn from(task: Task) -> Self {
        Self {
            state: task.state.as_str(),
            retries: task.retries,
            error: task.error_message,
            scheduled_at: task.scheduled_at,
        }
    }
}

/// Saves an order and inserts the task that tells the warehouse. The order knows its task.
pub(super) async fn place(
    State(shop): State<Shop>,
    Json(order): Json<NewOrder>,
) -> Result<impl IntoResponse, RequestError> {
    let mut client = shop.database.get().await?;
    let transaction = client.transaction().await?;
    let row = transaction.query_opt(INSERT, &[&order.user, &order.product]).await?;
    let id = row.ok_or(RequestError::NotFound)?.try_get(0)?;
    let inserted = shop.queue.insert_tasks_in(&transaction, vec![deliver_order(id)]).await?;
    for task in inserted {
        transaction.execute(SET_TASK, &[&task.id, &id]).await?;
    }
    transaction.commit().await?;
    Ok(created(id))
}

pub(super) async fn show(
    State(shop): State<Shop>,
    Path(order): Path<i64>,
) -> Result<Json<Order>, RequestError> {
    let row = shop.database.get().await?.query_opt(FIND, &[&order]).await?;
    let row = row.ok_or(RequestError::NotFound)?;
    let delivery = match row.try_get::<_, Option<Uuid>>("task")? {
        Some(task) => shop.queue.find_task_by_id(task).await?,
        None => None,
    };
    Ok(Json(Order {
        product: row.try_get("product")?,
        cents: row.try_get("cents")?,
        sent_at: row.try_get("sent_at")?,
        delivery: delivery.map(Delivery::from),
    }))
}
