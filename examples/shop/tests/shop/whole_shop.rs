//! The shop from the outside.

use crate::pictures::decoded;
use crate::test_shop::{TestShop, id, red_and_black};
use crate::test_warehouse::TestWarehouse;
use fang::testing::{assert_inserted, inserted};
use serde_json::{Value, json};
use shop::tasks::{deliver_order, thumbnail, welcome};

#[tokio::test]
async fn a_user_signs_up_and_orders_a_product_that_has_a_picture() {
    let warehouse = TestWarehouse::answering([]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    let user = shop.make("/users", json!({ "email": "ada@example.com", "name": "Ada" })).await;
    let product = shop.make("/products", json!({ "name": "tea", "cents": 300 })).await;
    let upload = shop.post(&format!("/products/{product}/pictures")).body(red_and_black());
    let picture = id(upload).await;
    let order = shop.make("/orders", json!({ "user_id": user, "product_id": product })).await;
    let queue = &shop.shop.queue;
    assert_eq!(inserted(queue).await.len(), 3);
    assert_inserted!(queue, welcome, { "user_id": user }).await;
    assert_inserted!(queue, thumbnail, { "picture_id": picture }).await;
    assert_inserted!(queue, deliver_order, { "order_id": order }).await;

    assert_eq!(shop.run_tasks().await.finished, 2);
    assert_eq!(shop.run_heavy_tasks().finished, 1);
    assert!(shop.mail(&format!("welcome-{user}")).contains("Welcome, Ada!"));
    let small = shop.get(&format!("/pictures/{picture}/thumbnail")).await;
    assert_eq!(decoded(&small.bytes().await.unwrap()).0, 160);
    let order = shop.get(&format!("/orders/{order}")).await.json::<Value>().await.unwrap();
    assert_eq!((&order["cents"], &order["delivery"]["state"]), (&json!(300), &json!("finished")));
    assert!(order["sent_at"].is_string(), "{order}");
    assert_eq!(warehouse.requests().len(), 1);
}
