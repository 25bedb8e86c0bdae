//! Kills the workers of the shop again and again, and sees whether a task is lost and what ran twice. `make faults` runs it:
//! ten kills, and a hundred with `FANG_FAULTS_FORM=long`.

// A test reports by panics.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

#[path = "shop/test_shop.rs"]
mod test_shop;
#[path = "shop/test_warehouse.rs"]
mod test_warehouse;

use fang::AsyncQueueable;
use fang_faults::Campaign;
use shop::tasks::{deliver_order, thumbnail, welcome};
use std::collections::HashSet;
use test_shop::{TestShop, red_and_black};
use test_warehouse::TestWarehouse;

/// Enough that no two tasks at the same time write the same mail.
const BUYERS: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn killed_workers_of_the_shop_lose_nothing() {
    let times = if std::env::var("FANG_FAULTS_FORM").is_ok_and(|form| form == "long") { 100 } else { 10 };
    let warehouse = TestWarehouse::answering([]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    let mut orders = Vec::new();
    for user in 0..BUYERS {
        orders.push(shop.order(&format!("{user}@example.com")).await);
    }
    let picture = shop.upload(red_and_black()).await;
    let campaign = Campaign::new(env!("CARGO_BIN_EXE_fang-example-shop"))
        .arg("work")
        .env("DATABASE_URL", &shop.config.database_url)
        .env("SHOP_READY_ADDRESS", "127.0.0.1:0")
        .env("SHOP_MAILS", &shop.config.mails)
        .env("SHOP_WAREHOUSE_URL", &shop.config.warehouse_url)
        .times(times);
    let queue = &shop.shop.queue;
    let mut orders = orders.into_iter().zip(1..).cycle();
    let report = campaign
        .run_async(queue, async |ledger| {
            let (order, user) = orders.next().unwrap();
            let tasks = vec![welcome(user), deliver_order(order), thumbnail(picture)];
            Ok(ledger.acknowledged(queue.insert_tasks(tasks).await?)?)
        })
        .await
        .unwrap();
    println!("{report}");
    report.assert_clean();
    assert!(report.acknowledged > 100 && report.without_insert.len() <= 2 * BUYERS + 1, "{report}");
    // A delivery that ran twice told the warehouse twice, with the same key.
    let keys: HashSet<String> = warehouse.told().into_iter().map(|told| told.key).collect();
    assert!(keys.len() >= report.acknowledged / 3, "{} keys", keys.len());
}
