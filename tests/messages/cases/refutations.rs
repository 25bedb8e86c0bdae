//! A refutation that expects a number of tasks.

use fang::blocking::MemoryQueue;
use fang::testing::refute_inserted;

fn main() {
    refute_inserted!(MemoryQueue::new(), "welcome", count = 2);
    refute_inserted!(MemoryQueue::new(), "welcome", { "user": 7 }, task_type = "mail", count = 2);
    refute_inserted!(MemoryQueue::new(), count = 2);
}
