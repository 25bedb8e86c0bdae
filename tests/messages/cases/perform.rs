//! A struct that does not say what it does.

use fang::{PerformBlocking, Run};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, fang::Task)]
struct Greet;

impl PerformBlocking for Greet {
    type Error = String;

    fn perform(&self, _: &Run) -> Result<(), String> {
        Ok(())
    }
}

fn main() {}
