//! Orders, and the webhook that tells the warehouse of them.

use crate::dies::Dies;
use crate::test_shop::TestShop;
use crate::test_warehouse::TestWarehouse;
use fang::FangTaskState::{self, Failed, Retried};
use fang::testing::{Outcome, assert_inserted, clock, drain, perform};
use serde_json::{Value, json};
use shop::tasks::deliver_order;
use std::time::Duration;

/// Longer than any wait between two runs.
const TWO_HOURS: Duration = Duration::from_secs(2 * 60 * 60);

async fn delivery(shop: &TestShop, order: i64) -> Value {
    shop.get(&format!("/orders/{order}")).await.json::<Value>().await.unwrap()["delivery"].take()
}

/// The error of the only delivery, which is in this state.
async fn error(shop: &TestShop, state: FangTaskState) -> String {
    let found = assert_inserted!(shop.shop.queue, deliver_order, state = state, count = 1).await;
    found[0].error_message.clone().unwrap()
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

    let requests = warehouse.requests();
    assert_eq!(requests.len(), 4);
    assert!(requests.iter().all(|request| request.key == format!("order-{order}")), "{requests:?}");
    assert_eq!(requests[3].order, json!({ "order_id": order, "product_id": 1, "email": "ada@example.com" }));
}

#[tokio::test]
async fn a_refusal_that_may_pass_is_retried() {
    let warehouse = TestWarehouse::answering([409, 404]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    let order = shop.order("ada@example.com").await;
    for _ in 0..2 {
        assert_eq!(shop.run_tasks().await.retried, 1);
        clock(&shop.shop.queue).turn(TWO_HOURS).await;
    }
    assert_eq!(shop.run_tasks().await.finished, 1);
    assert_eq!(delivery(&shop, order).await["state"], "finished");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_order_is_sent_again() {
    let warehouse = TestWarehouse::answering([302, 301]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    let order = shop.order("ada@example.com").await;
    for answer in ["302 Found", "301 Moved Permanently"] {
        assert_eq!(shop.run_tasks().await.retried, 1);
        assert_eq!(error(&shop, Retried).await, format!("the warehouse answered {answer}"));
        clock(&shop.shop.queue).turn(TWO_HOURS).await;
    }
    assert_eq!(shop.run_tasks().await.finished, 1);
    assert_eq!(delivery(&shop, order).await["state"], "finished");
    assert_eq!(warehouse.requests().len(), 3);
}

#[tokio::test]
async fn a_second_delivery_of_an_order_has_the_key_of_the_first() {
    let warehouse = TestWarehouse::answering([500]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    let order = shop.order("ada@example.com").await;
    shop.shop.queue.insert(deliver_order(order)).await.unwrap();
    shop.run_tasks().await;
    let requests = warehouse.requests();
    assert_eq!((requests.len(), &requests[0].key), (2, &requests[1].key));
}

#[tokio::test]
async fn an_order_that_the_warehouse_has_is_not_sent_again() {
    let warehouse = TestWarehouse::answering([]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    let order = shop.order("ada@example.com").await;
    shop.run_tasks().await;
    shop.shop.queue.insert(deliver_order(order)).await.unwrap();
    assert_eq!(shop.run_tasks().await.finished, 1);
    assert_eq!(warehouse.requests().len(), 1);
}

#[tokio::test]
async fn a_delivery_and_its_order_say_at_once_that_it_was_sent() {
    let warehouse = TestWarehouse::answering([]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    let order = shop.order("ada@example.com").await;
    drain(&shop.shop.queue).state(shop.shop.clone()).middleware(Dies).await;
    let order = shop.get(&format!("/orders/{order}")).await.json::<Value>().await.unwrap();
    assert!(order["sent_at"].is_string(), "{order}");
    assert_eq!(order["delivery"]["state"], "finished");
}

#[tokio::test]
async fn the_backoff_doubles_up_to_an_hour() {
    let warehouse = TestWarehouse::answering([500; 4]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    let order = shop.order("ada@example.com").await;
    for (attempt, seconds) in [(1, 10), (2, 20), (9, 2560), (10, 3600)] {
        let ran = perform(deliver_order(order)).state(shop.shop.clone()).attempt(attempt).await;
        let Outcome::Failed { retry_after: Some(wait), .. } = ran.outcome else {
            panic!("{:?}", ran.outcome)
        };
        let expected = Duration::from_secs(seconds);
        assert!(wait.abs_diff(expected) <= expected / 10, "{wait:?} after run {attempt}");
    }
}

#[tokio::test]
async fn after_its_last_retry_a_delivery_gives_up_and_the_order_says_so() {
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
    assert_eq!(delivery(&shop, order).await, json!({ "state": "failed", "retries": 10, "next_try": null }));
    assert_eq!(error(&shop, Failed).await, "the warehouse answered 500 Internal Server Error");
    assert_eq!(warehouse.requests().len(), 11);
}

#[tokio::test]
async fn neither_the_order_nor_the_error_shows_the_address_of_the_warehouse() {
    let shop = TestShop::open_for("http://user:secret@127.0.0.1:1/internal").await;
    let order = shop.order("ada@example.com").await;
    assert_eq!(shop.run_tasks().await.retried, 1);
    let Value::Object(delivery) = delivery(&shop, order).await else { panic!("no delivery") };
    assert_eq!(delivery.keys().collect::<Vec<_>>(), ["next_try", "retries", "state"]);
    for text in [error(&shop, Retried).await, format!("{:?}", shop.shop)] {
        assert!(!text.contains("secret") && !text.contains("internal"), "{text}");
    }
}

#[tokio::test]
async fn an_order_that_the_warehouse_refuses_is_not_sent_again() {
    let warehouse = TestWarehouse::answering([422]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    let order = shop.order("ada@example.com").await;
    assert_eq!(shop.run_tasks().await.cancelled, 1);
    assert_eq!(delivery(&shop, order).await["state"], "failed");
    assert_eq!(
        error(&shop, Failed).await,
        "cancelled: the warehouse refused the order: 422 Unprocessable Entity"
    );
    clock(&shop.shop.queue).turn(TWO_HOURS).await;
    shop.run_tasks().await;
    assert_eq!(warehouse.requests().len(), 1);
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
