//! The time of a statement, and the rows that the server reads for it.

use crate::RUNS;
use fang_postgres::{DoctorStatements, Schema, Statements};
use tokio_postgres::{Client, SimpleQueryMessage};

pub(crate) struct Cost {
    pub(crate) ms: f64,
    pub(crate) rows: u64,
}

/// Runs a statement with these parameters, on a session with these settings.
pub(crate) async fn cost(client: &Client, begin: &str, name: &str, values: &str) -> Cost {
    let statements = all();
    let (_, sql) = statements.iter().find(|(known, _)| *known == name).unwrap();
    let begin = format!("{begin}; PREPARE look AS {sql}");
    client.batch_execute(&begin).await.unwrap();
    let execute =
        if values.is_empty() { "EXECUTE look".to_owned() } else { format!("EXECUTE look({values})") };
    let mut best = Cost { ms: f64::MAX, rows: 0 };
    for _ in 0..RUNS {
        let explain = format!("EXPLAIN (ANALYZE, TIMING OFF) {execute}");
        let plan = client.simple_query(&explain).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let line = |message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(|line| line.to_owned() + "\n"),
            _ => None,
        };
        let plan: String = plan.into_iter().filter_map(line).collect();
        best = Cost { ms: best.ms.min(number_behind(&plan, "Execution Time: ")), rows: rows_read(&plan) };
    }
    client.batch_execute("ROLLBACK; DEALLOCATE ALL").await.unwrap();
    best
}

/// All statements with their names.
pub(crate) fn all() -> Vec<(String, String)> {
    let (ours, of_doctor) = (Statements::new(&Schema::default()), DoctorStatements::new(&Schema::default()));
    let ours = ours.all().into_iter().map(|(name, sql)| (name.to_owned(), sql.to_owned()));
    let of_doctor = of_doctor
        .all()
        .into_iter()
        .map(|(name, sql)| (format!("doctor/{name}"), sql.to_owned()))
        .collect::<Vec<_>>();
    ours.chain(of_doctor).collect()
}

/// The rows that the scans of our tables returned or filtered out.
fn rows_read(plan: &str) -> u64 {
    let is_scan = |line: &str| line.contains(" on fang_");
    let lines: Vec<&str> = plan.lines().collect();
    let mut sum = 0.0;
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_scan(line)) {
        let details = lines[at + 1..].iter().take_while(|line| !line.contains("->"));
        let removed = details.map(|line| number_behind(line, "Rows Removed by Filter: "));
        let actual = line.rsplit("(actual").next().unwrap_or_default();
        sum += (number_behind(actual, "rows=") + removed.sum::<f64>()) * number_behind(actual, "loops=");
    }
    sum as u64
}

fn number_behind(text: &str, name: &str) -> f64 {
    let rest = text.rsplit_once(name).map(|(_, rest)| rest).unwrap_or_default();
    let end = rest.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(rest.len());
    rest[..end].parse().unwrap_or(0.0)
}
