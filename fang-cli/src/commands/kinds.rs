//! `fang kinds`

use crate::answer::Answer;
use crate::connect::Database;
use crate::failure::Failure;
use crate::rate;
use clap::Args;
use fang_core::operator::span;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Arguments {
    /// How far to look back, from 1m to 72h.
    #[arg(long, value_parser = span::parse, value_name = "SPAN", default_value = "5m")]
    within: Duration,
}

pub(crate) async fn run(database: &Database, arguments: &Arguments) -> Result<Answer, Failure> {
    let kinds = database.admin.kinds(arguments.within).await?;
    let fields: Vec<_> = kinds.iter().map(rate::kind_fields).collect();
    Answer::new(fields, rate::kinds(&kinds).to_string())
}
