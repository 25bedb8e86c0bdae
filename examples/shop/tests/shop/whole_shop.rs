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
    let order = shop.make("/orders", json!({ "user": user, "product": product })).await;
    let queue = &shop.shop.queue;
    assert_eq!(inserted(queue).await.len(), 3);
    assert_inserted!(queue, welcome, { "user": user }).await;
    assert_inserted!(queue, thumbnail, { "picture": picture }).await;
    assert_inserted!(queue, deliver_order, { "order": order }).await;

    assert_eq!(shop.run_tasks().await.finished, 2);
    assert_eq!(shop.run_heavy_tasks().finished, 1);
    assert!(shop.mail(&format!("welcome-{user}")).contains("Welcome, Ada!"));
    let small = shop.get(&format!("/pictures/{picture}/thumbnail")).await;
    assert_eq!(decoded(&small.bytes().await.unwrap()).0, 160);
    let order = shop.get(&format!("/orders/{order}")).await.json::<Value>().await.unwrap();
    assert_eq!((&order["cents"], &order["delivery"]["state"]), (&json!(300), &json!("finished")));
    assert!(order["sent_at"].is_string(), "{order}");
    assert_eq!(warehouse.told().len(), 1);
}

#[tokio::test]
async fn an_order_of_an_unknown_product_is_not_found_and_inserts_nothing() {
    let shop = TestShop::open().await;
    let answer = shop.post("/orders").json(&json!({ "user": 1, "product": 1 })).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 404);
    assert!(inserted(&shop.shop.queue).await.is_empty());
}

#[tokio::test]
async fn the_id_of_a_request_goes_with_its_tasks() {
    let shop = TestShop::open().await;
    let ada = json!({ "email": "ada@example.com", "name": "Ada" });
    id(shop.post("/users").header("x-request-id", "r-1").json(&ada)).await;
    assert_inserted!(shop.shop.queue, welcome, header = ("x-request-id", "r-1")).await;
}
