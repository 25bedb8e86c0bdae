//! A struct with a version, whose traits of serde the derive implements.

use fang::serde_json::Value;
use fang::{Perform, Run};

#[derive(serde::Serialize, serde::Deserialize, fang::Task)]
#[task(version = 2, upgrade = upgrade)]
struct Greet {
    name: String,
}

fn upgrade(_: u32, saved: Value) -> Value {
    saved
}

impl Perform for Greet {
    type Error = String;

    async fn perform(&self, _: &Run) -> Result<(), String> {
        Err(self.name.clone())
    }
}

fn main() {}
