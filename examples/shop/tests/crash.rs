//! Kills the workers of the shop again and again, and sees whether a task is lost and what ran twice. `make faults` runs it:
//! ten kills, and a hundred with `FANG_FAULTS_FORM=long`.

// A test reports by panics.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

#[path = "shop/test_shop.rs"]
mod test_shop;
#[path = "shop/test_warehouse.rs"]
mod test_warehouse;

use fang::NewTask;
use fang::store::Inserted;
use fang_faults::Campaign;
use shop::shop::Shop;
use shop::tasks::{deliver_order, nightly_report, thumbnail, welcome};
use std::collections::HashSet;
use std::time::Duration;
use test_shop::{TestShop, red_and_black};
use test_warehouse::TestWarehouse;

const INSERT_USER: &str =
    "INSERT INTO users (email, name) VALUES (gen_random_uuid()::text, 'Ada') RETURNING id";
const INSERT_ORDER: &str =
    "INSERT INTO orders (user_id, product_id, cents) VALUES ($1, $2, 300) RETURNING id";
const INSERT_PICTURE: &str = "INSERT INTO pictures (product_id, original) VALUES ($1, $2) RETURNING id";

/// A new user orders a product and uploads a picture of it, in one transaction. Returns their tasks.
async fn buy(shop: &Shop, product: i64, picture: &[u8]) -> anyhow::Result<Vec<Inserted>> {
    let mut client = shop.database.get().await?;
    let transaction = client.transaction().await?;
    let user: i64 = transaction.query_one(INSERT_USER, &[]).await?.try_get(0)?;
    let order = transaction.query_one(INSERT_ORDER, &[&user, &product]).await?.try_get(0)?;
    let picture = transaction.query_one(INSERT_PICTURE, &[&product, &picture]).await?.try_get(0)?;
    let tasks = vec![welcome(user), deliver_order(order), thumbnail(picture)];
    let inserted = shop.queue.insert_tasks_in(&transaction, tasks).await?;
    transaction.commit().await?;
    Ok(inserted)
}

/// The ids that this query finds.
async fn ids(shop: &Shop, query: &str) -> HashSet<i64> {
    let rows = shop.database.get().await.unwrap().query(query, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// A report. Its row stays after its end: else a report that is killed after its commit would look lost.
fn night() -> NewTask {
    nightly_report().keep(Duration::from_secs(60 * 60))
}

/// Every user has a mail, every order is with the warehouse, and every picture has a thumbnail.
async fn assert_all_is_done(shop: &TestShop, warehouse: &TestWarehouse) {
    let mail = |user: &i64| shop.config.mails.join(format!("welcome-{user}.eml"));
    let users = ids(&shop.shop, "SELECT id FROM users").await;
    assert!(users.iter().all(|user| mail(user).exists()), "a user has no mail");
    assert_eq!(ids(&shop.shop, "SELECT id FROM orders WHERE sent_at IS NULL").await, HashSet::new());
    assert_eq!(ids(&shop.shop, "SELECT id FROM pictures WHERE thumbnail IS NULL").await, HashSet::new());
    // An order may be there twice. The second request has the same key, so the warehouse ignores it.
    let requests = warehouse.requests();
    let keys: HashSet<_> = requests.iter().map(|request| &*request.key).collect();
    let orders: HashSet<_> =
        requests.iter().map(|request| request.order["order_id"].as_i64().unwrap()).collect();
    assert_eq!(orders, ids(&shop.shop, "SELECT id FROM orders").await);
    assert_eq!(keys.len(), orders.len(), "each order has one key");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_workers_of_the_shop_lose_nothing() {
    let times = if std::env::var("FANG_FAULTS_FORM").is_ok_and(|form| form == "long") { 100 } else { 10 };
    let warehouse = TestWarehouse::answering([]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    let product = shop.product().await;
    let picture = red_and_black();
    let campaign = Campaign::new(env!("CARGO_BIN_EXE_fang-example-shop"))
        .arg("work")
        .env("DATABASE_URL", &shop.config.database_url)
        .env("SHOP_READY_ADDRESS", "127.0.0.1:0")
        .env("SHOP_MAILS", &shop.config.mails)
        .env("SHOP_WAREHOUSE_URL", &shop.config.warehouse_url)
        .times(times);
    let mut rounds = 0;
    let report = campaign
        .run_async(&shop.shop.queue, async |ledger| {
            rounds += 1;
            ledger.acknowledged(buy(&shop.shop, product, &picture).await?)?;
            Ok(ledger.acknowledged([shop.shop.queue.insert(night()).await?])?)
        })
        .await
        .unwrap();
    println!("{report}");
    report.assert_clean();
    assert_eq!(report.succeeded, report.acknowledged, "a task has cancelled itself");
    assert!(report.acknowledged > 100, "{report}");
    assert_all_is_done(&shop, &warehouse).await;
    // The cron is one more, if the test runs at 3:00.
    let reports = ids(&shop.shop, "SELECT id FROM reports").await.len();
    assert_eq!(reports, rounds + report.without_insert.len(), "each task has made one report");
}
