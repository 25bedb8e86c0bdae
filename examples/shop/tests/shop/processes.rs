//! The program as it is deployed.

use crate::test_shop::TestShop;
use crate::test_warehouse::TestWarehouse;
use fang::FangTaskState::Finished;
use fang::testing::assert_inserted;
use shop::tasks::deliver_order;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Longer than anything takes in a test that passes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts the program as for this shop.
fn start(shop: &TestShop, command: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_fang-example-shop"))
        .arg(command)
        .env("DATABASE_URL", &shop.config.database_url)
        .env("SHOP_ADDRESS", "127.0.0.1:0")
        .env("SHOP_READY_ADDRESS", "127.0.0.1:0")
        .env("SHOP_MAILS", &shop.config.mails)
        .env("SHOP_WAREHOUSE_URL", &shop.config.warehouse_url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The address that the process prints.
fn address(process: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    line.trim().rsplit_once(' ').unwrap().1.to_owned()
}

/// Sends SIGTERM, and waits for the end.
async fn terminate(mut process: Child) -> bool {
    let kill = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert!(kill.success());
    tokio::task::spawn_blocking(move || process.wait().unwrap().success()).await.unwrap()
}

#[tokio::test]
async fn both_processes_work_and_end_well_at_a_signal() {
    let warehouse = TestWarehouse::answering([]).await;
    let shop = TestShop::open_for(&warehouse.url).await;
    assert!(start(&shop, "migrate").wait().unwrap().success());
    let (mut web, mut worker) = (start(&shop, "serve"), start(&shop, "work"));
    let (web_url, _) = (address(&mut web), address(&mut worker));

    let order = shop.order("ada@example.com").await;
    let queue = &shop.shop.queue;
    assert_inserted!(queue, deliver_order, { "order": order }, state = Finished, within = PATIENCE).await;
    let seen = reqwest::get(format!("{web_url}/orders/{order}")).await.unwrap();
    assert!(seen.text().await.unwrap().contains(r#""state":"finished""#));
    assert!(terminate(worker).await && terminate(web).await);
}
