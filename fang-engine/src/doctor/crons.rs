use super::Found;
use chrono::TimeDelta;
use fang_core::schedule::Timetable;
use fang_core::store::{CronInfo, Finding, Store};

/// Pools look at the crons every 15 s.
const LATE: TimeDelta = TimeDelta::minutes(1);

/// Finds crons that do not tick, and those whose pattern or time zone cannot be read.
pub(super) async fn check(store: &dyn Store) -> Found {
    let crons = store.list_crons().await?;
    let now = store.now().await?;
    let unreadable = crons.iter().filter_map(unreadable);
    let is_late = |cron: &&CronInfo| {
        cron.paused_at.is_none() && now - cron.next_tick > LATE && Timetable::read(&cron.cron).is_ok()
    };
    let late = crons.iter().filter(is_late).map(|cron| {
        Finding::error(
            "cron-late",
            format!("the cron {} should have ticked at {} and did not", cron.name, cron.next_tick),
            "start a pool of any task type: each of them keeps all crons; or pause the cron, or remove it",
        )
    });
    Ok(unreadable.chain(late).collect())
}

fn unreadable(cron: &CronInfo) -> Option<Finding> {
    let error = Timetable::read(&cron.cron).err()?;
    Some(Finding::error(
        "cron-unreadable",
        format!("the cron {} cannot tick: {error}", cron.name),
        "schedule it again with a pattern and a time zone that this version knows, or remove it",
    ))
}
