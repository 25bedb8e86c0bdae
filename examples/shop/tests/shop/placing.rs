//! Requests that place orders.

use crate::test_shop::{TestShop, id};
use fang::testing::{assert_inserted, inserted};
use serde_json::json;
use shop::tasks::deliver_order;

#[tokio::test]
async fn an_order_of_an_unknown_product_is_not_found_and_inserts_nothing() {
    let shop = TestShop::open().await;
    let answer = shop.post("/orders").json(&json!({ "user_id": 1, "product_id": 1 })).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 404);
    assert!(inserted(&shop.shop.queue).await.is_empty());
}

#[tokio::test]
async fn a_request_that_is_repeated_with_its_key_places_one_order() {
    let shop = TestShop::open().await;
    let ada = shop.make("/users", json!({ "email": "ada@example.com", "name": "Ada" })).await;
    let grace = shop.make("/users", json!({ "email": "grace@example.com", "name": "Grace" })).await;
    let product = shop.product().await;
    let place = async |user: i64, key: &str| {
        let order = json!({ "user_id": user, "product_id": product });
        id(shop.post("/orders").header("idempotency-key", key).json(&order)).await
    };
    let first = place(ada, "a").await;
    assert_eq!(place(ada, "a").await, first);
    assert_inserted!(shop.shop.queue, deliver_order, count = 1).await;
    assert_ne!(place(ada, "b").await, first);
    assert_ne!(place(grace, "a").await, first, "a key of another user");
    assert_inserted!(shop.shop.queue, deliver_order, count = 3).await;
    let other = json!({ "user_id": ada, "product_id": shop.product().await });
    let answer = shop.post("/orders").header("idempotency-key", "a").json(&other).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 422, "a key of an order for another product");
    assert_inserted!(shop.shop.queue, deliver_order, count = 3).await;
}

#[tokio::test]
async fn a_request_that_cannot_insert_its_task_leaves_no_row() {
    let shop = TestShop::open().await;
    let user = shop.make("/users", json!({ "email": "ada@example.com", "name": "Ada" })).await;
    let product = shop.product().await;
    let client = shop.shop.database.get().await.unwrap();
    client.batch_execute("ALTER TABLE fang_tasks RENAME TO gone").await.unwrap();
    let order = shop.post("/orders").json(&json!({ "user_id": user, "product_id": product }));
    let upload = shop.post(&format!("/products/{product}/pictures")).body("a picture");
    for request in [order, upload] {
        assert_eq!(request.send().await.unwrap().status().as_u16(), 500);
    }
    let rows = "SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM pictures)";
    assert_eq!(client.query_one(rows, &[]).await.unwrap().get::<_, i64>(0), 0);
}
