//! Orders, and the webhook that tells the warehouse of them.

use crate::test_shop::TestShop;
use crate::test_warehouse::TestWarehouse;
use fang::testing::clock;
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than any wait between two runs.
const TWO_HOURS: Duration = Duration::from_secs(2 * 60 * 60);

async fn delivery(shop: &TestShop, order: i64) -> Value {
    shop.get(&format!("/orders/{order}")).await.json::<Value>().await.unwrap()["delivery"].take()
}

#[tokio::test]
async fn a_warehouse_that_fails_three_times_is_told_again_with_the_same_key() {
    let warehouse = TestWarehouse::answering([500, 503, 429]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    let order = shop.order("ada@example.com").await;
    for retries in 1..=3 {
        // The welcome runs as well, in the first round.
        assert_eq!(shop.run_tasks().await.retried, 1);
        assert_eq!(delivery(&shop, order).await["retries"], retries);
        assert_eq!(shop.run_tasks().await.runs.len(), 0, "it waits for its backoff");
        clock(&shop.shop.queue).turn(TWO_HOURS).await;
    }
    assert_eq!(shop.run_tasks().await.finished, 1);
    assert_eq!(delivery(&shop, order).await["state"], "finished");

    let told = warehouse.told();
    assert_eq!(told.len(), 4);
    assert!(told.iter().all(|request| request.key == told[0].key), "{told:?}");
    assert_eq!(told[3].order, json!({ "order": order, "product": 1, "buyer": "ada@example.com" }));
}

#[tokio::test]
async fn after_its_last_retry_a_delivery_gives_up_and_the_order_says_why() {
    let warehouse = TestWarehouse::answering([500; 11]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    let order = shop.order("ada@example.com").await;
    for _ in 0..10 {
        assert_eq!(shop.run_tasks().await.retried, 1);
        clock(&shop.shop.queue).turn(TWO_HOURS).await;
    }
    assert_eq!(shop.run_tasks().await.failed, 1);
    clock(&shop.shop.queue).turn(TWO_HOURS).await;
    assert_eq!(shop.run_tasks().await.runs.len(), 0);
    let delivery = delivery(&shop, order).await;
    assert_eq!(delivery["state"], "failed");
    assert_eq!(delivery["error"], "the warehouse answered 500 Internal Server Error");
    assert_eq!(warehouse.told().len(), 11);
}

#[tokio::test]
async fn an_order_that_the_warehouse_refuses_is_not_sent_again() {
    let warehouse = TestWarehouse::answering([422]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    let order = shop.order("ada@example.com").await;
    assert_eq!(shop.run_tasks().await.cancelled, 1);
    let error = "cancelled: the warehouse refused the order: 422 Unprocessable Entity";
    assert_eq!(delivery(&shop, order).await["error"], error);
    clock(&shop.shop.queue).turn(TWO_HOURS).await;
    shop.run_tasks().await;
    assert_eq!(warehouse.told().len(), 1);
}

#[tokio::test]
async fn the_state_of_a_delivery_is_shown_for_a_week() {
    let warehouse = TestWarehouse::answering([]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    let order = shop.order("ada@example.com").await;
    assert_eq!(delivery(&shop, order).await["state"], "new");
    shop.run_tasks().await;
    clock(&shop.shop.queue).turn(6 * 12 * TWO_HOURS).await;
    shop.run_tasks().await;
    assert_eq!(delivery(&shop, order).await["state"], "finished");
    clock(&shop.shop.queue).turn(12 * TWO_HOURS).await;
    shop.run_tasks().await;
    assert_eq!(delivery(&shop, order).await, Value::Null);
}
