//! A user and the mail that welcomes them.

use crate::test_shop::TestShop;
use fang::testing::{assert_inserted, perform, refute_inserted, transaction};
use reqwest::StatusCode;
use serde_json::json;
use shop::mailer::Mail;
use shop::routes::{NewUser, insert_user};
use shop::tasks::welcome;
use tokio::task::JoinSet;

fn ada() -> NewUser {
    NewUser { email: "ada@example.com".to_owned(), name: "Ada".to_owned() }
}

#[tokio::test]
async fn a_sign_up_inserts_one_welcome_in_its_own_transaction() {
    let TestShop { shop, .. } = &TestShop::open().await;
    let mut client = shop.database.get().await.unwrap();
    let sign_up = client.transaction().await.unwrap();
    let user = insert_user(shop, &sign_up, &ada()).await.unwrap();
    assert_inserted!(transaction(&shop.queue, &sign_up), welcome, { "user_id": user }, count = 1).await;
    refute_inserted!(shop.queue, welcome).await;
    sign_up.commit().await.unwrap();
    assert_inserted!(shop.queue, welcome, { "user_id": user }, count = 1, task_type = "mail").await;
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
async fn a_sign_up_cannot_add_headers_to_its_mail() {
    let shop = TestShop::open().await;
    for (email, name) in
        [("ada@example.com\r\nBcc: all@example.com", "Ada"), ("ada@example.com", "Ada\nBcc: all")]
    {
        let answer = shop.post("/users").json(&json!({ "email": email, "name": name })).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    refute_inserted!(shop.shop.queue, welcome).await;
}

#[tokio::test]
async fn a_welcome_that_runs_twice_has_one_message_id_and_the_name_of_the_user() {
    let shop = TestShop::open().await;
    let user = shop.make("/users", json!({ "email": "ada@example.com", "name": "Ada" })).await;
    let name = format!("welcome-{user}");
    let expected = format!(
        "Message-ID: <{name}@shop.example>\nTo: ada@example.com\nSubject: Welcome, Ada!\n\nYour account is ready.\n"
    );
    for _ in 0..2 {
        perform(welcome(user)).state(shop.shop.clone()).await.expect_finished();
        assert_eq!(shop.mail(&name), expected);
        // The pickup of the mail server sends the mail.
        shop.pick_up(&name);
    }
    assert!(shop.mails().is_empty(), "{:?}", shop.mails());
}

#[tokio::test]
async fn a_welcome_may_run_twice_at_the_same_time() {
    let shop = TestShop::open().await;
    let ada = Mail { to: "ada@example.com".to_owned(), subject: "Welcome!".to_owned(), text: String::new() };
    let mut runs = JoinSet::new();
    for _ in 0..20 {
        let (mailer, ada) = (shop.shop.mailer.clone(), ada.clone());
        runs.spawn(async move { mailer.send("welcome-1", &ada).await });
    }
    let sent = runs.join_all().await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    assert_eq!(shop.mails().len(), 1);
}
