//! The course of a crash test.

use super::Campaign;
use super::breaker::{Breaker, Tick};
use super::folder::Folder;
use super::table::Table;
use super::waiting::Waiting;
use crate::report::Facts;
use crate::{Book, BoxError, FaultsError, Ledger, Report};
use std::time::Instant;

/// Inserts while there are faults, waits until the tasks are over, stops the workers, and checks the ledger.
pub(super) async fn drive(
    campaign: &Campaign,
    table: impl Table,
    mut inserts: impl AsyncFnMut(&Ledger) -> Result<(), BoxError>,
) -> Result<Report, FaultsError> {
    if campaign.proxy.is_none() && campaign.faults.iter().any(|fault| fault.needs_proxy()) {
        return Err(FaultsError::NoProxy);
    }
    let began = Instant::now();
    let seed = campaign.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    eprintln!("crash test with seed {seed}");
    let folder = Folder::create(campaign)?;
    let ledger = Ledger::open(folder.ledger())?;
    let mut breaker = Breaker::start(campaign, seed, &folder)?;
    let mut waiting = None;
    while let Some(tick) = table.next(breaker.ticks()).await {
        match tick {
            Tick::Insert => inserts(&ledger).await.map_err(FaultsError::Inserts)?,
            Tick::Look if waiting.is_none() => {
                waiting = Some(Waiting::new(&Book::read(&folder.ledger())?, campaign.over_within));
            }
            Tick::Look => {
                let Some(waiting) = &mut waiting else { continue };
                if waiting.look(&table).await? {
                    breaker.stop();
                }
            }
        }
    }
    let broken = breaker.finish()?;
    let facts = Facts { seed, workers: campaign.workers, took: began.elapsed(), broken };
    let rows = waiting.map(Waiting::rows).unwrap_or_default();
    let mut report = Report::new(&Book::read(&folder.ledger())?, &rows, facts);
    report.folder = folder.leave(report.is_clean()).map(std::path::Path::to_owned);
    Ok(report)
}
