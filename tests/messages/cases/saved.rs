//! Structs that cannot be saved.

use fang::{Perform, Run};
use serde::Serialize;

#[derive(fang::Task)]
struct Neither {
    user: i64,
}

impl Perform for Neither {
    type Error = String;

    async fn perform(&self, _: &Run) -> Result<(), String> {
        Ok(())
    }
}

#[derive(Serialize, fang::Task)]
struct NoDeserialize {
    user: i64,
}

impl Perform for NoDeserialize {
    type Error = String;

    async fn perform(&self, _: &Run) -> Result<(), String> {
        Ok(())
    }
}

fn main() {}
