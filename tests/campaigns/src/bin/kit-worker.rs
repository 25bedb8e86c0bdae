//! The worker that the tests of the crash kit kill, written as a user's worker.

fn main() -> Result<(), fang_campaigns::Failure> {
    fang_campaigns::kit::work()
}
