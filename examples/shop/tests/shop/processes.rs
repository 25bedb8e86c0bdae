//! The program as it is deployed: processes that end at SIGTERM.

use crate::test_shop::TestShop;
use crate::test_warehouse::{PATIENCE, TestWarehouse};
use fang::FangTaskState::Finished;
use fang::testing::assert_inserted;
use shop::tasks::deliver_order;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Starts the program for this shop.
fn start(shop: &TestShop, command: &str) -> Child {
    program(shop, command).spawn().unwrap()
}

/// The program for this shop.
fn program(shop: &TestShop, command: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_fang-example-shop"));
    program
        .arg(command)
        .env("DATABASE_URL", &shop.config.database_url)
        .env("SHOP_ADDRESS", "127.0.0.1:0")
        .env("SHOP_READY_ADDRESS", "127.0.0.1:0")
        .env("SHOP_MAILS", &shop.config.mails)
        .env("SHOP_WAREHOUSE_URL", &shop.config.warehouse_url)
        .env("RUST_LOG", "warn")
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    program
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
    let ended = timeout(PATIENCE, process.wait()).await.expect("the process does not end");
    assert!(ended.unwrap().success());
}

async fn status(url: &str) -> u16 {
    reqwest::get(url).await.unwrap().status().as_u16()
}

/// Waits until the process answers so.
async fn answers(url: &str, expected: u16) {
    let answered = async { while status(url).await != expected {} };
    timeout(PATIENCE, answered).await.unwrap_or_else(|_| panic!("{url} does not answer {expected}"));
}

#[tokio::test]
async fn migrate_creates_all_tables_in_an_empty_database() {
    let shop = TestShop::open().await;
    let client = shop.shop.database.get().await.unwrap();
    let schema = shop.db.name();
    client.batch_execute(&format!("DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}")).await.unwrap();
    ends_well(start(&shop, "migrate")).await;
    let order = shop.order("ada@example.com").await;
    assert_inserted!(shop.shop.queue, deliver_order, { "order_id": order }).await;
}

#[tokio::test]
async fn a_request_that_fails_is_logged_with_its_id() {
    let shop = TestShop::open().await;
    let mut web = program(&shop, "serve").stderr(Stdio::piped()).spawn().unwrap();
    let url = address(&mut web).await;
    shop.shop.database.get().await.unwrap().batch_execute("DROP TABLE reports CASCADE").await.unwrap();
    let request = reqwest::Client::new().get(format!("{url}/reports")).header("x-request-id", "r-1");
    assert_eq!(request.send().await.unwrap().status().as_u16(), 500);
    let mut line = String::new();
    BufReader::new(web.stderr.take().unwrap()).read_line(&mut line).await.unwrap();
    assert!(line.contains("request r-1 failed: "), "{line}");
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
    assert_inserted!(queue, deliver_order, { "order_id": order }, state = Finished, within = PATIENCE).await;
    assert_eq!(status(&format!("{url}/orders/{order}")).await, 200);
    for process in [worker, web] {
        terminate(&process).await;
        ends_well(process).await;
    }
}

/// The client has sent a part of its request.
#[tokio::test]
async fn a_request_that_never_ends_does_not_keep_the_server_from_ending() {
    let shop = TestShop::open().await;
    let mut web = program(&shop, "serve").env("SHOP_REQUESTS_END_WITHIN_MS", "50").spawn().unwrap();
    let url = address(&mut web).await;
    let mut client = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    let begun = "POST /orders HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n\
        content-length: 100\r\nexpect: 100-continue\r\n\r\n";
    client.write_all(begun.as_bytes()).await.unwrap();
    // The server asks for the body once the request has begun.
    client.read_exact(&mut [0; 12]).await.unwrap();
    terminate(&web).await;
    ends_well(web).await;
    drop(client);
}

#[tokio::test]
async fn a_worker_lets_a_delivery_end_before_it_ends_itself() {
    let warehouse = TestWarehouse::silent().await;
    let shop = TestShop::open_for(&warehouse.url).await;
    shop.order("ada@example.com").await;
    let mut worker = start(&shop, "work");
    let ready = format!("{}/ready", address(&mut worker).await);
    warehouse.is_told().await;
    answers(&ready, 200).await;
    terminate(&worker).await;
    answers(&ready, 503).await;

    warehouse.answer_one();
    ends_well(worker).await;
    assert_inserted!(shop.shop.queue, deliver_order, state = Finished, count = 1).await;
    assert_eq!(warehouse.requests().len(), 1);
}
