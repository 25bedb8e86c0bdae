//! The id of a request, on its answer and on its tasks.

use crate::test_shop::{TestShop, id};
use fang::testing::{assert_inserted, perform};
use fang::{QueueError, State};
use serde_json::json;
use shop::request_id::WithRequestId;
use shop::shop::Shop;
use shop::tasks::welcome;

#[tokio::test]
async fn the_id_of_a_request_goes_with_its_tasks() {
    let shop = TestShop::open().await;
    let ada = json!({ "email": "ada@example.com", "name": "Ada" });
    id(shop.post("/users").header("x-request-id", "r-1").json(&ada)).await;
    assert_inserted!(shop.shop.queue, welcome, header = ("x-request-id", "r-1")).await;
}

/// A task that inserts another.
#[fang::task]
async fn invite(shop: State<Shop>) -> Result<(), QueueError> {
    shop.queue.insert(welcome(1)).await?;
    Ok(())
}

#[tokio::test]
async fn the_id_of_a_request_goes_with_the_tasks_of_its_tasks() {
    let TestShop { shop, .. } = &TestShop::open().await;
    let invite = invite().header("x-request-id", "r-1");
    perform(invite).state(shop.clone()).middleware(WithRequestId).await.expect_finished();
    assert_inserted!(shop.queue, welcome, header = ("x-request-id", "r-1")).await;
}

#[tokio::test]
async fn an_answer_has_the_id_of_its_request_unless_that_is_too_long() {
    let shop = TestShop::open().await;
    let answered = async |id: String| {
        let answer = shop.request("/reports").header("x-request-id", id).send().await.unwrap();
        answer.headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(answered("r".repeat(64)).await, "r".repeat(64));
    assert_eq!(answered("r".repeat(65)).await.len(), 36, "a new id");
}
