//! A struct that cannot be saved.

use fang::{Perform, Run};

#[derive(fang::Task)]
struct Greet {
    name: String,
}

impl Perform for Greet {
    type Error = String;

    async fn perform(&self, _: &Run) -> Result<(), String> {
        Err(self.name.clone())
    }
}

fn main() {}
