//! What a platform is told about the workers.

use crate::test_shop::TestShop;
use fang::PoolMonitor;
use shop::{pools, ready};
use std::time::Duration;
use tokio::net::TcpListener;

/// Serves `/ready` for these pools. Returns its address.
async fn serve(pools: Vec<PoolMonitor>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/ready", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, ready::router(pools)).into_future());
    url
}

#[tokio::test]
async fn workers_are_ready_while_every_pool_runs_and_none_is_quiet() {
    let shop = TestShop::open().await;
    let (mut light, mut heavy) = (pools::light(&shop.shop), pools::heavy(&shop.config));
    let url = serve(vec![light.monitor(), heavy.monitor()]).await;
    let status = async || reqwest::get(&url).await.unwrap().status().as_u16();

    assert_eq!(status().await, 503);
    light.start().await.unwrap();
    assert_eq!(status().await, 503, "one of two has started");
    heavy.start().unwrap();
    assert_eq!(status().await, 200);
    light.quiet();
    assert_eq!(status().await, 503);
    light.resume();
    assert_eq!(status().await, 200);
    heavy.shutdown(Duration::from_secs(5));
    assert_eq!(status().await, 503);
    light.shutdown(Duration::from_secs(5)).await;
}
