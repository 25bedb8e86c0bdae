//! The course of a crash test.

use super::Campaign;
use super::breaker::{Breaker, Tick};
use super::folder::Folder;
use super::table::Table;
use super::waiting::Waiting;
use crate::report::Facts;
use crate::{Book, BoxError, FaultsError, Ledger, Report};
use std::path::Path;
use std::time::Instant;

/// Inserts while there are faults, waits until the tasks are over, stops the workers, and checks the ledger.
pub(super) async fn drive(
    campaign: &Campaign,
    table: impl Table,
    inserts: impl AsyncFnMut(&Ledger) -> Result<(), BoxError>,
) -> Result<Report, FaultsError> {
    if campaign.proxy.is_none() && campaign.faults.iter().any(|fault| fault.needs_proxy()) {
        return Err(FaultsError::NoProxy);
    }
    let folder = Folder::create(campaign)?;
    let mut report = drive_in(&folder, campaign, table, inserts).await.inspect_err(|_| {
        eprintln!("the ledger and the output of the workers: {}", folder.path().display());
    })?;
    report.folder = folder.leave(report.is_clean()).map(Path::to_owned);
    Ok(report)
}

async fn drive_in(
    folder: &Folder,
    campaign: &Campaign,
    table: impl Table,
    mut inserts: impl AsyncFnMut(&Ledger) -> Result<(), BoxError>,
) -> Result<Report, FaultsError> {
    let began = Instant::now();
    let seed = campaign.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    eprintln!("crash test with seed {seed}");
    let ledger = Ledger::open(folder.ledger())?;
    let mut breaker = Breaker::start(campaign, seed, folder)?;
    let mut waiting = Waiting::new(folder.ledger(), campaign.over_within);
    while let Some(tick) = table.next(breaker.ticks()).await {
        match tick {
            Tick::Insert => inserts(&ledger).await.map_err(FaultsError::Inserts)?,
            Tick::Look => {
                if waiting.look(&table).await? {
                    breaker.stop();
                }
            }
        }
    }
    let broken = breaker.finish()?;
    let book = Book::read(&folder.ledger())?;
    if book.acknowledged().next().is_some() && book.runs().next().is_none() {
        return Err(FaultsError::NoRuns { log: folder.log() });
    }
    waiting.look_again(&book, &table).await?;
    let facts = Facts { seed, workers: campaign.workers, took: began.elapsed(), broken };
    Ok(Report::new(&book, &waiting.rows(), facts))
}
