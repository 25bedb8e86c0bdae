//! The program as it is deployed: processes that end at SIGTERM.

use crate::test_shop::TestShop;
use crate::test_warehouse::TestWarehouse;
use fang::FangTaskState::Finished;
use fang::testing::assert_inserted;
use shop::tasks::deliver_order;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Longer than anything takes in a test that passes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts the program for this shop.
fn start(shop: &TestShop, command: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_fang-example-shop"))
        .arg(command)
        .env("DATABASE_URL", &shop.config.database_url)
        .env("SHOP_ADDRESS", "127.0.0.1:0")
        .env("SHOP_READY_ADDRESS", "127.0.0.1:0")
        .env("SHOP_MAILS", &shop.config.mails)
        .env("SHOP_WAREHOUSE_URL", &shop.config.warehouse_url)
        .env("RUST_LOG", "warn")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// The address that the process prints.
async fn address(process: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    line.trim().rsplit_once(' ').unwrap().1.to_owned()
}

async fn terminate(process: &Child) {
    let id = process.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
}

async fn ends_well(mut process: Child) {
    assert!(process.wait().await.unwrap().success());
}

async fn status(url: &str) -> u16 {
    reqwest::get(url).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn each_command_works_and_ends_well_at_a_signal() {
    let warehouse = TestWarehouse::answering([]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    ends_well(start(&shop, "migrate")).await;
    let (mut web, worker) = (start(&shop, "serve"), start(&shop, "work"));
    let url = address(&mut web).await;

    let order = shop.order("ada@example.com").await;
    let queue = &shop.shop.queue;
    assert_inserted!(queue, deliver_order, { "order": order }, state = Finished, within = PATIENCE).await;
    assert_eq!(status(&format!("{url}/orders/{order}")).await, 200);
    for process in [worker, web] {
        terminate(&process).await;
        ends_well(process).await;
    }
}

#[tokio::test]
async fn a_worker_lets_a_delivery_end_before_it_ends_itself() {
    let warehouse = TestWarehouse::silent().await;
    let shop = TestShop::open_for(&warehouse.url).await;
    shop.order("ada@example.com").await;
    let mut worker = start(&shop, "work");
    let ready = format!("{}/ready", address(&mut worker).await);
    warehouse.is_told().await;
    while status(&ready).await != 200 {}
    terminate(&worker).await;
    while status(&ready).await != 503 {}

    warehouse.answer_one();
    ends_well(worker).await;
    assert_inserted!(shop.shop.queue, deliver_order, state = Finished, count = 1).await;
    assert_eq!(warehouse.told().len(), 1);
}
