//! A user and the mail that welcomes them.

use crate::test_shop::TestShop;
use fang::testing::{assert_inserted, refute_inserted, transaction};
use reqwest::StatusCode;
use serde_json::json;
use shop::routes::{NewUser, insert_user};
use shop::tasks::welcome;

fn ada() -> NewUser {
    NewUser { email: "ada@example.com".to_owned(), name: "Ada".to_owned() }
}

#[tokio::test]
async fn a_sign_up_inserts_one_welcome_in_its_own_transaction() {
    let TestShop { shop, .. } = &TestShop::open().await;
    let mut client = shop.database.get().await.unwrap();
    let sign_up = client.transaction().await.unwrap();
    let user = insert_user(shop, &sign_up, &ada()).await.unwrap();
    assert_inserted!(transaction(&shop.queue, &sign_up), welcome, { "user": user }, count = 1).await;
    refute_inserted!(shop.queue, welcome).await;
    sign_up.commit().await.unwrap();
    assert_inserted!(shop.queue, welcome, { "user": user }, count = 1, task_type = "mail").await;
}

#[tokio::test]
async fn a_sign_up_that_rolls_back_leaves_neither_a_user_nor_a_welcome() {
    let TestShop { shop, .. } = &TestShop::open().await;
    let mut client = shop.database.get().await.unwrap();
    let sign_up = client.transaction().await.unwrap();
    insert_user(shop, &sign_up, &ada()).await.unwrap();
    sign_up.rollback().await.unwrap();
    refute_inserted!(shop.queue, welcome).await;
    assert!(client.query("SELECT FROM users", &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_second_sign_up_of_an_address_is_refused_and_sends_no_mail() {
    let shop = TestShop::open().await;
    let ada = json!({ "email": "ada@example.com", "name": "Ada" });
    shop.make("/users", ada.clone()).await;
    let again = shop.post("/users").json(&ada).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::CONFLICT);
    assert_inserted!(shop.shop.queue, welcome, count = 1).await;
}

#[tokio::test]
async fn a_welcome_that_runs_twice_sends_one_mail_with_the_name_of_the_user() {
    let shop = TestShop::open().await;
    let user = shop.make("/users", json!({ "email": "ada@example.com", "name": "Ada" })).await;
    for _ in 0..2 {
        let ran = fang::testing::perform(welcome(user)).state(shop.shop.clone()).await;
        ran.expect_finished();
    }
    let mail = shop.mail(&format!("welcome-{user}"));
    assert_eq!(mail, "To: ada@example.com\nSubject: Welcome, Ada!\n\nYour account is ready.\n");
    assert_eq!(shop.mails().len(), 1);
}
