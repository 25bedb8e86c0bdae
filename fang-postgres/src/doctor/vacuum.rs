//! Autovacuum that is off, dead rows that pile up, and a table far larger than its rows. By the statistics of the
//! server.

use super::place::{Place, tables};
use super::{Found, Patient, span};
use crate::database::RowOf;
use crate::row::get;
use crate::session::Connections;
use fang_core::StoreError;
use fang_core::store::{Finding, TableSize};
use std::time::Duration;

/// A busy fleet leaves as many dead rows between two runs of autovacuum.
const MANY: i64 = 1_000_000;
/// As many are too many even if autovacuum was there.
const FAR_TOO_MANY: i64 = 10 * MANY;
/// In seconds. Autovacuum looks once a minute.
const LONG_AGO: f64 = 600.0;
/// In bytes. Smaller tables are read in no time.
const LARGE: i64 = 256 << 20;
/// In bytes. A row has at most 8 KiB in the main file.
const TOO_MUCH_FOR_A_ROW: i64 = 64 << 10;

/// A row of `vacuum.sql`.
struct Table {
    name: String,
    is_on: bool,
    is_on_for_table: bool,
    dead: i64,
    live: i64,
    vacuumed: Option<f64>,
    bytes: i64,
    is_known: bool,
}

pub(super) async fn check<C: Connections>(patient: &Patient<'_, C>, place: &Place) -> Found {
    let all = look(patient, place).await?;
    let mut found: Vec<Finding> = all.iter().flat_map(|table| findings(table, place)).collect();
    if all.first().is_some_and(|table| !table.is_on) {
        found.push(Finding::warning(
            "autovacuum-off",
            "autovacuum is off on the server, so the dead rows of finished tasks pile up",
            "set autovacuum = on and track_counts = on",
        ));
    }
    Ok(found)
}

pub(super) async fn sizes<C: Connections>(
    patient: &Patient<'_, C>,
    place: &Place,
) -> Result<Vec<TableSize>, StoreError> {
    Ok(look(patient, place).await?.into_iter().map(Table::size).collect())
}

async fn look<C: Connections>(patient: &Patient<'_, C>, place: &Place) -> Result<Vec<Table>, StoreError> {
    let rows = patient.rows(&patient.sql.vacuum, &[&place.schema, &tables()]).await?;
    rows.iter().map(read::<C>).collect()
}

impl Table {
    fn size(self) -> TableSize {
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        let (live, dead, bytes) = (number(self.live), number(self.dead), number(self.bytes));
        let vacuumed = self.vacuumed.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let mut size = TableSize::new(self.name, live, dead, bytes);
        size.vacuumed = vacuumed;
        size
    }
}

fn read<C: Connections>(row: &RowOf<C>) -> Result<Table, StoreError> {
    Ok(Table {
        name: get(row, 0)?,
        is_on: get(row, 1)?,
        is_on_for_table: get(row, 2)?,
        dead: get(row, 3)?,
        live: get(row, 4)?,
        vacuumed: get(row, 5)?,
        bytes: get(row, 6)?,
        is_known: get(row, 7)?,
    })
}

fn findings(table: &Table, place: &Place) -> Vec<Finding> {
    let Table { name, dead, live, bytes, .. } = table;
    let (full, mut found) = (place.full(name), Vec::new());
    if !table.is_on_for_table {
        found.push(Finding::warning(
            "autovacuum-off",
            format!("autovacuum is off for the table {full}, so its dead rows pile up"),
            format!("ALTER TABLE {full} RESET (autovacuum_enabled)"),
        ));
    }
    let was_long_ago = table.vacuumed.is_none_or(|seconds| seconds > LONG_AGO);
    if *dead > 2 * live && (*dead > FAR_TOO_MANY || (*dead > MANY && was_long_ago)) {
        let last =
            table.vacuumed.map_or_else(|| "never".to_owned(), |seconds| format!("{} ago", span(seconds)));
        found.push(Finding::warning(
            "dead-rows",
            format!("the table {full} has some {dead} dead rows and {live} live ones; last vacuumed: {last}"),
            format!("end what keeps dead rows, then VACUUM {full}; let autovacuum work harder (autovacuum_vacuum_cost_limit)"),
        ));
    }
    if table.is_known && *bytes > LARGE && bytes / live.max(&1) > TOO_MUCH_FOR_A_ROW {
        found.push(Finding::warning(
            "bloat",
            format!("the table {full} takes {} MiB for some {live} rows", bytes >> 20),
            format!("VACUUM FULL {full} while no pool runs, or pg_repack at any time"),
        ));
    }
    found
}
