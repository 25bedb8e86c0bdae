//! Prints the figures as Markdown tables, and as JSON.

use crate::peer::Peer;
use fang_bench_kit::{Error, Figures, Machine, Options, Ratio, table};
use serde_json::{Value, json};

const FLOOR: &str = "floor (plain SQL): 1 connection";
const FANG: &str = "fang: async";

const RATIOS: [(&str, Ratio<'static>); 8] = [
    ("drain", Ratio { title: "of the floor", name: "tasks/s", base: FLOOR }),
    ("drain", Ratio { title: "of fang", name: "tasks/s", base: FANG }),
    ("long-drain", Ratio { title: "of the floor", name: "tasks/s", base: FLOOR }),
    ("long-drain", Ratio { title: "of fang", name: "tasks/s", base: FANG }),
    ("insert", Ratio { title: "of fang, 1 caller", name: "1 caller tasks/s", base: FANG }),
    ("insert", Ratio { title: "of fang, 64 callers", name: "64 callers tasks/s", base: FANG }),
    ("bulk", Ratio { title: "of COPY", name: "tasks/s", base: FLOOR }),
    ("bulk", Ratio { title: "of fang", name: "tasks/s", base: FANG }),
];

pub(crate) fn print(
    machine: &Machine,
    figures: &Figures,
    peers: &[Peer],
    options: &Options,
    rounds: usize,
) -> Result<(), Error> {
    println!("{}\nMedians of {rounds} rounds; pickup and idle of one.\n", machine.markdown());
    for part in figures.parts() {
        let ratios: Vec<_> = RATIOS.iter().filter(|(of, _)| *of == part).map(|(_, ratio)| *ratio).collect();
        println!("{}", table(figures, part, &ratios));
    }
    println!("| library | version | setting | what that is |\n|---|---|---|---|");
    for peer in peers {
        for setting in peer.settings() {
            println!("| {} | {} | {} | {} |", peer.title, peer.version, setting.name, setting.text);
        }
    }
    if let Some(file) = &options.json {
        let all = json!({
            "machine": machine.json(), "rounds": rounds, "figures": figures.json(), "peers": described(peers),
        });
        std::fs::write(file, serde_json::to_string_pretty(&all)?)?;
    }
    Ok(())
}

fn described(peers: &[Peer]) -> Value {
    peers
        .iter()
        .map(|peer| {
            let settings = peer.settings().iter();
            let settings: Value =
                settings.map(|known| json!({"name": known.name, "text": known.text})).collect();
            json!({"name": peer.title, "version": peer.version, "settings": settings})
        })
        .collect()
}
