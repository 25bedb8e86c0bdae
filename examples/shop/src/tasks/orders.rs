use crate::shop::Shop;
use crate::warehouse::Order;
use anyhow::bail;
use axum::http::StatusCode;
use fang::{Run, State};

/// Tells the warehouse of an order. Its row stays for a week after its end, so that a request can ask for its state.
#[fang::task(
    task_type = "webhooks",
    max_retries = 10,
    backoff = "exponential(10s, max = 1h, jitter)",
    timeout = "15s",
    keep = "7 days"
)]
pub async fn deliver_order(order: i64, run: &Run, shop: State<Shop>) -> anyhow::Result<()> {
    let told = order_of(&shop, order).await?;
    // The id is the same in all runs of a task, so the warehouse knows an order that it has already.
    let answer = shop.warehouse.send(&told, &run.id().to_string()).await?;
    if is_final(answer) {
        run.cancel(format!("the warehouse refused the order: {answer}"));
        return Ok(());
    }
    if !answer.is_success() {
        bail!("the warehouse answered {answer}");
    }
    let client = shop.database.get().await?;
    client.execute("UPDATE orders SET sent_at = now() WHERE id = $1", &[&order]).await?;
    Ok(())
}

/// Whether the answer would be the same next time.
fn is_final(answer: StatusCode) -> bool {
    let passing = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    answer.is_client_error() && !passing.contains(&answer)
}

async fn order_of(shop: &Shop, order: i64) -> anyhow::Result<Order> {
    let find = "SELECT product, email FROM orders JOIN users ON users.id = buyer WHERE orders.id = $1";
    let row = shop.database.get().await?.query_one(find, &[&order]).await?;
    Ok(Order { order, product: row.try_get("product")?, buyer: row.try_get("email")? })
}
