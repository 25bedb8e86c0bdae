use crate::shop::Shop;
use crate::warehouse::Order;
use anyhow::bail;
use axum::http::StatusCode;
use fang::{AsyncFinishIn, Run, State};

const FIND: &str = "
    SELECT product_id, email, sent_at IS NOT NULL AS sent
    FROM orders JOIN users ON users.id = user_id
    WHERE orders.id = $1";
const SET_SENT: &str = "UPDATE orders SET sent_at = now() WHERE id = $1";

/// Tells the warehouse of an order. The order and its task say so in one transaction. The task stays for a week after its end,
/// so that a request can ask for its state.
#[fang::task(
    task_type = "webhooks",
    max_retries = 10,
    backoff = "exponential(10s, max = 1h, jitter)",
    timeout = "15s",
    keep = "7 days"
)]
pub async fn deliver_order(order_id: i64, run: &Run, shop: State<Shop>) -> anyhow::Result<()> {
    let Some(unsent) = unsent(&shop, order_id).await? else { return Ok(()) };
    // The key is the same in all runs, and in a second task for the same order.
    let answer = shop.warehouse.send(&unsent, &format!("order-{order_id}")).await?;
    if is_final(answer) {
        run.cancel(format!("the warehouse refused the order: {answer}"));
        return Ok(());
    }
    if !answer.is_success() {
        bail!("the warehouse answered {answer}");
    }
    let mut client = shop.database.get().await?;
    let transaction = client.transaction().await?;
    transaction.execute(SET_SENT, &[&order_id]).await?;
    run.finish_in(&transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// Whether the answer would be the same next time. Any other failure may pass. 409 says that the first request with this key
/// is still under way, and a warehouse that is being deployed may answer 401, 403 or 404.
fn is_final(answer: StatusCode) -> bool {
    [StatusCode::BAD_REQUEST, StatusCode::GONE, StatusCode::UNPROCESSABLE_ENTITY].contains(&answer)
}

/// The order, unless the warehouse has it already.
async fn unsent(shop: &Shop, order_id: i64) -> anyhow::Result<Option<Order>> {
    let row = shop.database.get().await?.query_one(FIND, &[&order_id]).await?;
    if row.try_get("sent")? {
        return Ok(None);
    }
    Ok(Some(Order { order_id, product_id: row.try_get("product_id")?, email: row.try_get("email")? }))
}
