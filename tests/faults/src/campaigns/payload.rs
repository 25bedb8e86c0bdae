use crate::Failure; use crate::options::Options; use crate::report::Report; pub fn run(_: &Options) -> Result<Report, Failure> { Err("todo".into()) }
