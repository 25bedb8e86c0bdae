//! Does what was confirmed, one thing after the other, apart from looks and drawing.

use super::act::Act;
use super::looker::Report;
use fang_asynk::Admin;
use tokio::sync::mpsc::{Receiver, Sender};

/// Works until the dashboard is gone.
pub(super) async fn run(admin: Admin, mut orders: Receiver<Act>, reports: Sender<Report>) {
    while let Some(act) = orders.recv().await {
        let outcome = act.perform(&admin).await;
        if reports.send(Report::Did(outcome)).await.is_err() {
            return;
        }
    }
}
