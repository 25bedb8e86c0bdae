use crate::shop::Shop;
use fang::{AsyncFinishIn, Run, State};

const BEGIN: &str = "INSERT INTO reports (orders, cents) VALUES (0, 0) RETURNING id";
// Each order belongs to one report, so none is counted twice and none is left out, however late a report is made.
const TAKE: &str = "UPDATE orders SET report_id = $1 WHERE report_id IS NULL";
const COUNT: &str = "
    UPDATE reports SET (orders, cents) =
        (SELECT count(*), coalesce(sum(cents), 0)::bigint FROM orders WHERE report_id = reports.id)
    WHERE id = $1";

/// Counts the orders since the last report. It finishes in the transaction that writes the report, so there is one report
/// a night, even if the process dies here.
#[fang::task(task_type = "reports", cron = "0 3 * * *", timeout = "10m")]
pub async fn nightly_report(run: &Run, shop: State<Shop>) -> anyhow::Result<()> {
    let mut client = shop.database.get().await?;
    let transaction = client.transaction().await?;
    let report_id: i64 = transaction.query_one(BEGIN, &[]).await?.try_get(0)?;
    transaction.execute(TAKE, &[&report_id]).await?;
    transaction.execute(COUNT, &[&report_id]).await?;
    run.finish_in(&transaction).await?;
    transaction.commit().await?;
    Ok(())
}
