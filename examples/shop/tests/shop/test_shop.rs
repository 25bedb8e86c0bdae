use fang::testing::{Drained, TestSchema, drain};
use reqwest::{Client, RequestBuilder, Url};
use serde_json::Value;
use shop::config::Config;
use shop::request_id::WithRequestId;
use shop::shop::Shop;
use shop::{pools, routes};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;

/// A shop with a schema and a folder of its own. Both go with it.
pub struct TestShop {
    pub shop: Shop,
    pub config: Config,
    pub db: TestSchema,
    client: Client,
    /// Where the web server of the shop is.
    address: String,
}

impl TestShop {
    /// A shop that no warehouse answers.
    pub async fn open() -> Self {
        Self::open_for("http://127.0.0.1:1").await
    }

    /// A shop that tells this warehouse of its orders.
    pub async fn open_for(warehouse_url: &str) -> Self {
        let db = TestSchema::new().await;
        let config = Config {
            database_url: db.schema_uri(),
            address: "127.0.0.1:0".to_owned(),
            ready_address: "127.0.0.1:0".to_owned(),
            mails: std::env::temp_dir().join(db.name()),
            warehouse_url: warehouse_url.to_owned(),
            requests_end_within: Duration::from_secs(20),
        };
        let shop = Shop::new(&config).unwrap();
        shop.migrate().await.unwrap();
        let listener = TcpListener::bind(&config.address).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(axum::serve(listener, routes::router(shop.clone())).into_future());
        Self { shop, config, db, client: Client::new(), address }
    }

    fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path))
    }

    /// Posts JSON, and returns the id of what that made.
    pub async fn make(&self, path: &str, body: Value) -> i64 {
        id(self.post(path).json(&body)).await
    }

    pub fn request(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.request(path).send().await.unwrap()
    }

    /// Adds a product of 300 cents. Returns its id.
    pub async fn product(&self) -> i64 {
        self.make("/products", serde_json::json!({ "name": "tea", "cents": 300 })).await
    }

    /// Signs a user up and places an order for a product of 300 cents. Returns the id of the order.
    pub async fn order(&self, email: &str) -> i64 {
        let user = self.make("/users", serde_json::json!({ "email": email, "name": "Ada" })).await;
        let product = self.product().await;
        self.make("/orders", serde_json::json!({ "user_id": user, "product_id": product })).await
    }

    /// Uploads a picture of a new product. Returns its id.
    pub async fn upload(&self, picture: Vec<u8>) -> i64 {
        let product = self.product().await;
        id(self.post(&format!("/products/{product}/pictures")).body(picture)).await
    }

    /// Runs the async tasks that are due.
    pub async fn run_tasks(&self) -> Drained {
        drain(&self.shop.queue).state(self.shop.clone()).middleware(WithRequestId).await
    }

    /// Runs the blocking tasks that are due.
    pub fn run_heavy_tasks(&self) -> Drained {
        drain(&self.db.queue_blocking()).state(pools::connections(&self.config)).run()
    }

    /// The mail of this name.
    pub fn mail(&self, name: &str) -> String {
        fs::read_to_string(self.config.mails.join(format!("{name}.eml"))).unwrap()
    }

    /// Takes the mail of this name away, as the pickup of a mail server does.
    pub fn pick_up(&self, name: &str) {
        fs::remove_file(self.config.mails.join(format!("{name}.eml"))).unwrap();
    }

    /// The files of all mails.
    pub fn mails(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(&self.config.mails).unwrap();
        files.map(|file| file.unwrap().path()).collect()
    }
}

impl Drop for TestShop {
    fn drop(&mut self) {
        // There is none before the first mail.
        let _ = fs::remove_dir_all(&self.config.mails);
    }
}

/// Sends a request, and returns the id of what it made.
pub async fn id(request: RequestBuilder) -> i64 {
    let answer = request.send().await.unwrap().error_for_status().unwrap();
    answer.json::<Value>().await.unwrap()["id"].as_i64().unwrap()
}

/// A picture of 640 by 320 pixels: red on the left, black on the right.
pub fn red_and_black() -> Vec<u8> {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 640, 320);
    encoder.set_color(png::ColorType::Rgb);
    let row = [[255, 0, 0].repeat(320), [0, 0, 0].repeat(320)].concat();
    encoder.write_header().unwrap().write_image_data(&row.repeat(320)).unwrap();
    png
}
