//! `fang doctor`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::table::printable;
use fang_core::store::Finding;
use serde_json::json;

pub(crate) async fn run(database: &Database) -> Result<Answer, Failure> {
    let found = database.admin.examine().await?;
    let answer = Answer::new(found.iter().map(fields).collect::<Vec<_>>(), plain(&found))?;
    Ok(if found.is_empty() { answer } else { answer.with_findings() })
}

fn fields(finding: &Finding) -> serde_json::Value {
    let Finding { code, severity, what, what_to_do, .. } = finding;
    json!({ "code": code, "severity": severity.as_str(), "what": what, "what_to_do": what_to_do })
}

/// One line for a finding and what to do.
fn plain(found: &[Finding]) -> String {
    if found.is_empty() {
        return "nothing found".to_owned();
    }
    let line = |finding: &Finding| {
        let Finding { code, severity, what, what_to_do, .. } = finding;
        printable(&format!("{} {code}: {what}; to do: {what_to_do}", severity.as_str()))
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}
