//! Prints the figures as Markdown tables, and as JSON.

use fang_bench_kit::{Error, Figures, Machine, Options, Ratio, table};
use serde_json::json;

/// The ratio columns. Each belongs to the parts whose names begin with the given text.
const RATIOS: [(&str, Ratio<'static>); 6] = [
    ("inserts", Ratio { title: "of one caller", name: "tasks/s", base: "1 caller" }),
    ("bulk", Ratio { title: "of COPY", name: "tasks/s", base: "COPY, the floor" }),
    ("drain", Ratio { title: "of the floor over 1", name: "tasks/s", base: "floor, 1 connection" }),
    ("drain", Ratio { title: "over 4", name: "tasks/s", base: "floor, 4 connections" }),
    ("processes", Ratio { title: "of one process", name: "tasks/s", base: "async, 1 process" }),
    ("pinned", Ratio { title: "of no snapshot", name: "tasks/s", base: "no snapshot" }),
];

pub(crate) fn print(machine: &Machine, figures: &Figures, options: &Options) -> Result<(), Error> {
    println!("{}", machine.markdown());
    println!("fang {}; medians of {} rounds.\n", env!("CARGO_PKG_VERSION"), options.rounds);
    for part in figures.parts() {
        let ratios: Vec<_> =
            RATIOS.iter().filter(|(of, _)| part.starts_with(of)).map(|(_, ratio)| *ratio).collect();
        println!("{}", table(figures, part, &ratios));
    }
    if let Some(file) = &options.json {
        let all = json!({
            "fang": env!("CARGO_PKG_VERSION"), "machine": machine.json(), "rounds": options.rounds,
            "figures": figures.json(),
        });
        std::fs::write(file, serde_json::to_string_pretty(&all)?)?;
    }
    Ok(())
}
