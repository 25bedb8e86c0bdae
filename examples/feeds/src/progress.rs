use crate::app::App;
use crate::round::{self, Left};
use fang::FangError;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// Each look counts the whole table, which takes some milliseconds when many tasks wait.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const PRINT_EVERY: Duration = Duration::from_secs(1);
const TEMPLATE: &str = "{wide_bar} {pos} of {len} feeds, {msg}";

/// Shows the progress until nothing is left to do: a bar, or one line a second if there is no terminal.
pub(crate) async fn watch(app: &App, feeds: u64) -> Result<(), FangError> {
    let bar = ProgressBar::new(feeds);
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style);
    }
    let (mut printed, mut printed_at) = (Left::default(), Instant::now());
    loop {
        let left = round::left(app).await?;
        if left.is_nothing() {
            break;
        }
        show(&bar, left);
        if bar.is_hidden() && left != printed && printed_at.elapsed() >= PRINT_EVERY {
            println!("{} of {feeds} feeds, {}", bar.position(), bar.message());
            (printed, printed_at) = (left, Instant::now());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bar.finish_and_clear();
    Ok(())
}

fn show(bar: &ProgressBar, left: Left) {
    let total = bar.length().unwrap_or_default();
    bar.set_position(total.saturating_sub(left.feeds));
    bar.set_message(format!("{} deliveries and {} digest tasks wait", left.deliveries, left.digests));
}
