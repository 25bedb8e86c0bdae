use super::created;
use crate::request_error::RequestError;
use crate::shop::Shop;
use crate::tasks::deliver_order;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use fang::{AsyncQueueable, DateTime, FangTaskState, Task, Utc, Uuid};
use serde::{Deserialize, Serialize};

const INSERT: &str = "
    INSERT INTO orders (user_id, product_id, cents, key)
    SELECT users.id, products.id, cents, $3 FROM users, products WHERE users.id = $1 AND products.id = $2
    ON CONFLICT (user_id, key) DO NOTHING
    RETURNING id";
const FIND_BY_KEY: &str = "SELECT id, product_id FROM orders WHERE user_id = $1 AND key = $2";
const SET_TASK: &str = "UPDATE orders SET task_id = $1 WHERE id = $2";
const FIND: &str = "SELECT product_id, cents, task_id, sent_at FROM orders WHERE id = $1";

/// The header by which a client that got no answer can repeat its request.
const KEY: &str = "idempotency-key";
const LONGEST_KEY: usize = 255;

#[derive(Deserialize)]
pub(super) struct NewOrder {
    user_id: i64,
    product_id: i64,
}

#[derive(Serialize)]
pub(super) struct Order {
    product_id: i64,
    cents: i64,
    /// When the warehouse took it.
    sent_at: Option<DateTime<Utc>>,
    /// The task that tells the warehouse, until a week after its end.
    delivery: Option<Delivery>,
}

/// What a client may know of the task. Its error is for the operators of the shop.
#[derive(Serialize)]
struct Delivery {
    state: &'static str,
    /// How often it has run again.
    retries: i32,
    /// When it runs next. `None` while it runs, and after its end.
    next_try: Option<DateTime<Utc>>,
}

impl From<Task> for Delivery {
    fn from(task: Task) -> Self {
        let waits = matches!(task.state, FangTaskState::New | FangTaskState::Retried);
        let next_try = waits.then_some(task.scheduled_at);
        Self { state: task.state.as_str(), retries: task.retries, next_try }
    }
}

/// Saves an order and inserts the task that tells the warehouse. The order knows its task. A request with the key of an order
/// that the user has placed already is answered as the first one was. If it asks for another product, it is refused.
pub(super) async fn place(
    State(shop): State<Shop>,
    headers: HeaderMap,
    Json(order): Json<NewOrder>,
) -> Result<impl IntoResponse, RequestError> {
    let key = headers.get(KEY).map(|key| key.to_str()).transpose().map_err(|_| RequestError::Invalid)?;
    if key.is_some_and(|key| key.len() > LONGEST_KEY) {
        return Err(RequestError::Invalid);
    }
    let mut client = shop.database.get().await?;
    let transaction = client.transaction().await?;
    // While another request with this key is under way, this waits for its commit.
    let Some(row) = transaction.query_opt(INSERT, &[&order.user_id, &order.product_id, &key]).await? else {
        let first = transaction.query_opt(FIND_BY_KEY, &[&order.user_id, &key]).await?;
        let first = first.ok_or(RequestError::NotFound)?;
        if first.try_get::<_, i64>("product_id")? != order.product_id {
            return Err(RequestError::Invalid);
        }
        return Ok(created(first.try_get("id")?));
    };
    let id: i64 = row.try_get(0)?;
    let inserted = shop.queue.insert_tasks_in(&transaction, vec![deliver_order(id)]).await?;
    let task_id = inserted.first().map(|task| task.id);
    transaction.execute(SET_TASK, &[&task_id, &id]).await?;
    transaction.commit().await?;
    Ok(created(id))
}

pub(super) async fn show(
    State(shop): State<Shop>,
    Path(order_id): Path<i64>,
) -> Result<Json<Order>, RequestError> {
    let row = shop.database.get().await?.query_opt(FIND, &[&order_id]).await?;
    let row = row.ok_or(RequestError::NotFound)?;
    let delivery = match row.try_get::<_, Option<Uuid>>("task_id")? {
        Some(task_id) => shop.queue.find_task_by_id(task_id).await?,
        None => None,
    };
    Ok(Json(Order {
        product_id: row.try_get("product_id")?,
        cents: row.try_get("cents")?,
        sent_at: row.try_get("sent_at")?,
        delivery: delivery.map(Delivery::from),
    }))
}
