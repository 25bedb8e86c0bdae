//! What the processes of a campaign do: this program, run again with a hidden subcommand.

mod logger;
pub mod producer;
pub mod racer;
pub mod work;
pub mod worker;

use std::io::Read;

/// Blocks until whoever started this process closes its standard input, or ends itself.
fn wait_for_parent() {
    // An error means that it is gone as well.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
